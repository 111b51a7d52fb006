"""Tests of the data map, retention and merging."""
