"""Backstory: the web application, its domain and its data."""
