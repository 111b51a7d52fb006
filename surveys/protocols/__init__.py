"""Protocols: the pathway as data, read, checked, stored by version, migrated."""
