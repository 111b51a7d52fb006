"""``flask --app wsgi wording``: which texts are served, whether a pack can work, and putting one in place."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from surveys.config import Config
from surveys.wordings import Wording, WordingError, in_use, packs

wording = AppGroup("wording", help="Wording: list what is served, check a pack of licensed texts, install it.")
PACK = click.Path(exists=True, path_type=Path)


@wording.command("list")
def list_command() -> None:
    """Show each wording served: its id, the start of its hash, its licence and who attested it, and when."""
    unlicensed = packs.without_licence(in_use().values())
    for each in in_use().values():
        warning = "working wording; needs a licence" if each.wording_id in unlicensed else "working wording"
        click.echo(f"{each.wording_id:40}{each.hash[:16]}  {_standing(each) or warning}")


def _standing(each: Wording) -> str:
    """The licence and the attestation; empty for working wording."""
    if not each.licence_ref:
        return ""
    missing = "not attested: install it again with --attested-by"
    attested = f"attested by {each.attested_by} on {each.attested_on}" if each.attested_by else missing
    return f"{each.licence_ref}; {attested}"


@wording.command("check")
@click.argument("pack", type=PACK)
def check_command(pack: Path) -> None:
    """Hold a pack (a TOML file or a folder of them) against the instruments; nothing is written.

    Every item and level that is missing or extra is named, in every file.
    """
    try:
        read = packs.read_pack(pack)
    except WordingError as error:
        raise click.ClickException(str(error)) from error
    for _text, each in read:
        click.echo(f"{each.wording_id:40}{each.hash[:16]}  ok")


@wording.command("install")
@click.argument("pack", type=PACK)
@click.option("--licence-ref", required=True, help="The licence that allows these texts, as its owner numbers it.")
@click.option("--attested-by", required=True, metavar='"NAME, ROLE"', help="Who vouches that these are its texts.")
def install_command(pack: Path, licence_ref: str, attested_by: str) -> None:
    """Check a pack and put it into WORDING_FOLDER, where every process finds it at its next start."""
    settings: Config = current_app.extensions["backstory"]
    if settings.wording_folder is None:
        raise click.ClickException("WORDING_FOLDER is not set. Name a folder that web and workers can read.")
    try:
        attestation = packs.Attestation(licence_ref, attested_by, datetime.now(UTC).date())
        done = packs.install(pack, settings.wording_folder, attestation)
    except WordingError as error:
        raise click.ClickException(str(error)) from error
    for each in done:
        under = f"installed under {licence_ref.strip()}, attested by {attested_by.strip()}"
        click.echo(f"{each.wording_id:40}{each.hash[:16]}  {under}")
    click.echo("Restart web and workers: they read wording when they start.")
