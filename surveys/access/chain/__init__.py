"""The audit: rows, their chain, its seals and its verification."""
