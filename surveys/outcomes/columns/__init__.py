"""What figures are counted from, kept as columns in the process: read once, then only what changed."""
