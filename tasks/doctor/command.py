"""``flask --app wsgi doctor``: look at everything, say what mends it. Exit status 0 well, 1 warnings, 2 bad."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import click

from tasks.doctor.alerts import check_alerts
from tasks.doctor.channels import check_mailbox, check_texts
from tasks.doctor.data import check_audit, check_backup, check_disk, check_keys
from tasks.doctor.database import check_database, is_up
from tasks.doctor.finding import Check, Finding, bad, worst
from tasks.doctor.sending import check_queue, check_redis, check_relay
from tasks.doctor.settings import check_settings, check_wording
from tasks.figures import read_figures

ALWAYS: Sequence[Check] = (
    check_settings,
    check_wording,
    check_disk,
    check_redis,
    check_relay,
    check_texts,
    check_mailbox,
)
COLOURS = {"ok": "green", "warn": "yellow", "bad": "red"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of lines.")
def doctor(as_json: bool) -> None:
    """Look at everything: database, queue, clock, relay, texts, disk, keys, audit, backups, alerts and settings."""
    findings = list(examine())
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        _tell(findings)
    raise click.exceptions.Exit(worst(findings))


def examine() -> Iterator[Finding]:
    """Yield every finding; a check that breaks is a finding too."""
    yield from _safely(check_database)
    if is_up():
        figures = read_figures()
        yield from _safely(lambda: check_queue(figures))
        yield from _safely(lambda: check_backup(figures))
        yield from _safely(lambda: check_audit(figures))
        yield from _safely(check_keys)
        yield from _safely(check_alerts)
    for check in ALWAYS:
        yield from _safely(check)


def _safely(check: Check) -> Iterator[Finding]:
    try:
        yield from check()
    except Exception as error:  # the other checks are still worth having
        name = getattr(check, "__name__", "check").removeprefix("check_")
        yield bad(name, f"could not be looked at ({type(error).__name__})", "Mend what is above first, then repeat.")


def _tell(findings: Sequence[Finding]) -> None:
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        click.echo(
            f"{click.style(f'{finding.level:4}', COLOURS[finding.level])}  {finding.name:{width}}  {finding.words}"
        )
        if finding.remedy:
            click.echo(f"{'':{width + 8}}{finding.remedy}")
    counted = {level: sum(finding.level == level for finding in findings) for level in COLOURS}
    click.echo(f"{counted['ok']} ok, {counted['warn']} to look at, {counted['bad']} bad")
