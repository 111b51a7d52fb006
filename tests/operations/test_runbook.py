"""The runbook: every command in it exists, with every option, and every metric it alarms on is told."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from flask import Flask

from tasks.figures import Figures
from tests.servers.processes import ROOT

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text().replace("\\\n", " ")
COMMAND = re.compile(r"flask((?: [a-z][a-z-]*)+)((?: +[^`\n]*)?)")
COUNTED = {"requests_total", "request_seconds", "scoring_failures_total", "answers_acknowledged_total"}
NOT_OURS = {"db"}  # Flask-Migrate's
WORDS = {"stands"}  # "`flask` stands for"


def commands() -> Iterator[tuple[list[str], list[str]]]:
    """Yield the words and the options of each command."""
    for match in COMMAND.finditer(RUNBOOK):
        yield match[1].split(), re.findall(r"--[a-z-]+", match[0])


def found(app: Flask, words: list[str]) -> click.Command:
    """Follow the words as far as they are commands."""
    command: click.Command = app.cli
    for word in words:
        if not isinstance(command, click.Group):
            break
        assert word in command.commands, f"flask {' '.join(words)}: there is no {word}"
        command = command.commands[word]
    assert not isinstance(command, click.Group), f"flask {' '.join(words)} is no whole command"
    return command


def test_every_command_exists_with_its_options(app: Flask) -> None:
    seen = 0
    for words, options in commands():
        if words[0] in NOT_OURS | WORDS or (len(words) == 1 and words[0] == "audit"):
            continue
        command = found(app, words)
        known = {name for parameter in command.params for name in parameter.opts}
        assert set(options) <= known, f"flask {' '.join(words)}"
        seen += 1
    assert seen > 15


def test_every_metric_that_alarms_is_told() -> None:
    figures = Figures(True, ages=dict.fromkeys(("tick", "backup", "drill"), 1.0))
    told = COUNTED | {name for name, _words, _values in figures.families()}
    named = set(re.findall(r"backstory_([a-z_]+)(?:\{|`| [<>=]|\[)", RUNBOOK))
    assert named - {"owner", "app", "backup", "broken"} <= told
    assert {"oldest_due_message_seconds", "tick_age_seconds", "backup_age_seconds"} <= named


@pytest.mark.parametrize("part", ["Install", "Upgrade", "Backup", "Restore", "Keys", "Alarms", "Incidents"])
def test_the_runbook_has_its_parts(part: str) -> None:
    assert f"\n## {part}\n" in RUNBOOK


def test_make_targets_and_services_it_names_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", RUNBOOK)) <= targets
    compose = (ROOT / "compose.yaml").read_text()
    for service in re.findall(r"docker compose run --rm (?:--no-deps )?(?:-v \S+ )?([a-z]+)", RUNBOOK):
        assert f"\n  {service}:" in compose, service
