"""Files for analysts: what is in them, how they are read, written, described and checked."""
