"""What the launcher says when it cannot go on."""


class LocalError(Exception):
    """A sentence for the person at the terminal: what is wrong and what to do."""
