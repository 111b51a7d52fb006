"""Each requirement of security: one test at least, named by its id."""
