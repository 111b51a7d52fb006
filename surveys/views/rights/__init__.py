"""Pages about a person's data: export, erasure, retention, merging."""
