"""Tests of claims: made, signed, worked out again, and stale by one changed answer."""
