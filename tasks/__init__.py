"""Celery: wake-ups with ids only; the queue itself is rows in PostgreSQL."""
