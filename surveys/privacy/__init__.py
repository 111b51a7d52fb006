"""What is kept of a person, and what becomes of it: the map, the export, erasure, retention, duplicates."""
