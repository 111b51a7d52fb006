"""Scoring held against published values and independent implementations."""
