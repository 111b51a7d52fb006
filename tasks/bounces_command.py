"""``flask messages bounces``: returned mail from a pipe or a mailbox."""

from __future__ import annotations

import sys
from collections import Counter

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError, TimeoutError

from surveys.channels.bounces import LARGEST
from surveys.config import Config
from tasks.messages_group import tell
from tasks.returned_mail import MailboxTroubleError, read_mailbox, take, words_for

TRY_LATER = 75  # EX_TEMPFAIL: the mail server keeps the mail and comes again


@click.command("bounces")
@click.option("--pipe", is_flag=True, help="Read one mail from standard input, as a mail server's alias gives it.")
@click.option("--mailbox", is_flag=True, help="Read what is unseen in the mailbox of BOUNCE_IMAP_URL.")
@with_appcontext
def bounces_command(*, pipe: bool, mailbox: bool) -> None:
    """Read returned mail: stop mail to lost addresses and tell staff. No address is printed."""
    if pipe == mailbox:
        raise click.UsageError("Say where the mail is: --pipe or --mailbox.")
    try:
        counts = Counter([take(_piped())]) if pipe else _read_mailbox()
    except (OperationalError, TimeoutError) as error:
        click.echo("The database is away; nothing was changed. Try again later.", err=True)
        raise click.exceptions.Exit(TRY_LATER) from error
    tell(words_for(counts))


def _piped() -> bytes:
    """Read to the end, so that the mail server is not cut off; a report stands at the beginning."""
    raw = sys.stdin.buffer.read(LARGEST)
    while sys.stdin.buffer.read(LARGEST):
        pass
    return raw


def _read_mailbox() -> Counter[str]:
    config: Config = current_app.extensions["backstory"]
    if not config.bounce_imap_url:
        raise click.ClickException("BOUNCE_IMAP_URL is not set. Set it to imaps://NAME:PASSWORD@HOST/INBOX.")
    try:
        return read_mailbox(config.bounce_imap_url, each=_progress)
    except MailboxTroubleError as error:
        raise click.ClickException(f"The mailbox cannot be read ({error}). Correct BOUNCE_IMAP_URL.") from error


def _progress(counts: Counter[str]) -> None:
    click.echo(f"{counts.total()} read so far: {words_for(counts)}", err=True)
