"""Tests of files that go in and out."""
