"""``flask messages``: what a person may do by hand to the outbox."""

from __future__ import annotations

import click
from flask.cli import AppGroup

messages = AppGroup("messages", help="Send what is due, foresee a day, read bounces.")


def tell(words: str) -> None:
    """Print a line at once, so that long work shows where it is."""
    click.echo(words)
