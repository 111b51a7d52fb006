"""One patient on one page: every measure's course with its signal, the same as plain text, and as a case report."""
