"""Answers and responses: what is asked, what was answered, when it counts, what it scores."""
