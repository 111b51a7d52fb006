"""Tests of how mail is written and handed over."""
