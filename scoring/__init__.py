"""Scoring of patient-reported outcomes: numbers in, numbers out."""
