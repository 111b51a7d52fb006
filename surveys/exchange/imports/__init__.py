"""Answers that were given before the platform was there, from a file."""
