"""A pytest plugin for the report: writes down at once which tests are to run and what became of each.

A run that is killed leaves what it knew; a junit file is written at the end only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

KEPT = ("injected", "counted", "seed", "counts")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note every test that is to run."""
    for item in session.items:
        _write(test=item.nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note how far each test came; an error in its preparation or its end is a result too."""
    if report.when == "call" or report.outcome != "passed":
        _write(test=report.nodeid, result=report.outcome)
    if report.when == "teardown":
        _write(test=report.nodeid, **_properties(report.user_properties))


def _properties(given: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = {name: value for name, value in given if name in KEPT}
    return {"counted" if name == "counts" else name: value for name, value in found.items()}


def _write(**line: object) -> None:
    if path := os.environ.get("FAULTS_LEDGER"):
        with Path(path).open("a", encoding="utf-8") as ledger:
            ledger.write(json.dumps(line) + "\n")
