"""compose.yaml and the Dockerfile as data."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import yaml  # type: ignore[import-untyped]

from tests.servers.processes import ROOT

Service = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One instruction of the Dockerfile's last stage, continuation lines joined."""

    word: str
    rest: str


def compose() -> dict[str, Any]:
    """Return compose.yaml, merged as Compose merges it."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return read


def dockerfile() -> list[Step]:
    """Return the instructions of the image that runs."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    steps = [Step(*line.split(None, 1)) for line in text.splitlines() if line and not line.startswith("#")]
    last = max(position for position, step in enumerate(steps) if step.word == "FROM")
    return steps[last:]


def only(word: str) -> str:
    """Return what stands after the one instruction of that name."""
    (found,) = [step.rest for step in dockerfile() if step.word == word]
    return found


def start_command() -> list[str]:
    """Return CMD as a list."""
    command: list[str] = json.loads(re.sub(r"\s+", " ", only("CMD")))
    return command


def copied() -> list[str]:
    """Return what the image takes from the repository."""
    return [step.rest.split()[0] for step in dockerfile() if step.word == "COPY" and "--from" not in step.rest]
