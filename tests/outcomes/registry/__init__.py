"""Tests of what leaves the clinics."""
