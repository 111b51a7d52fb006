"""Keys, passwords, and the role the application runs as."""
