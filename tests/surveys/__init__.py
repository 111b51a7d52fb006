"""Tests of their package."""
