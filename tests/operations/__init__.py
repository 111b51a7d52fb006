"""Backups, restores, health and metrics, with real servers."""
