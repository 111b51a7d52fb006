"""Exports: files, jobs, pages."""
