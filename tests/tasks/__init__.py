"""Tests of the task side."""
