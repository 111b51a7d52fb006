"""Backups: taken while serving, checked against a manifest, restored into an empty database only."""
