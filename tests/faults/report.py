"""``make faults``: every fault at full size, and a table of what was injected and counted, in docs/faults.md.

``python -m tests.faults.report [--quick] [FILE ...]``. FAULTS_SEED repeats a run; without it each run draws one. A test
that was killed, or never came to an end, stands in the table as such.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.counting import code_of

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "faults.md"
NO_END = "NO RESULT"
HEADING = "| Id | Fault | Injected | Counted | Seed | Result |\n|---|---|---|---|---|---|"
HEAD = """# Faults

Written by `make faults`. Each row is a test that killed, stopped, cut or starved real processes; `FAULTS_SEED=…` with
its seed repeats it. How: [decision 0026](adr/0026-how-faults-are-injected.md).
"""
Line = Mapping[str, Any]


def main(arguments: Sequence[str]) -> int:
    """Run, write, print; return the status of the tests."""
    quick = "--quick" in arguments
    files = [each for each in arguments if each != "--quick"] or ["-m", "faults", "tests"]
    seed = os.environ.get("FAULTS_SEED") or str(random.SystemRandom().randrange(10**8))
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder) / "ledger.jsonl"
        more = {"FAULTS_SEED": seed, "FAULTS_LEDGER": str(ledger), "FAULTS_FULL": "" if quick else "1"}
        command = [sys.executable, "-m", "pytest", "-p", "tests.faults.ledger", *files]
        status = subprocess.run(command, cwd=ROOT, env={**os.environ, **more}, check=False).returncode
        lines = read(ledger)
    text = "\n".join([HEAD, _summary(lines, status, seed, quick=quick), "", HEADING, *rows(lines), ""])
    DOCUMENT.write_text(text, encoding="utf-8")
    sys.stdout.write(f"\n{text}\n")
    return status


def read(ledger: Path) -> dict[str, Line]:
    """Return the last word about each test that was to run, in their order."""
    told: dict[str, Line] = {}
    if ledger.exists():
        for line in ledger.read_text(encoding="utf-8").splitlines():
            each = json.loads(line)
            told[each["test"]] = {**told.get(each["test"], {}), **each}
    return told


def rows(lines: Mapping[str, Line]) -> Iterator[str]:
    """Yield the table's rows."""
    for test, line in lines.items():
        path, _, name = test.partition("::")
        code = code_of(path)
        words = name.removeprefix(f"test_{path.rpartition('test_')[2][:3]}_").removeprefix("test_").replace("_", " ")
        cells = (code, words, line.get("injected"), line.get("counted"), line.get("seed"), line.get("result", NO_END))
        yield "| " + " | ".join(str(cell or "–").replace("|", "/") for cell in cells) + " |"


def _summary(lines: Mapping[str, Line], status: int, seed: str, *, quick: bool) -> str:
    results = [line.get("result", NO_END) for line in lines.values()]
    passed, ended = results.count("passed"), len(results) - results.count(NO_END)
    size = "quick" if quick else "full"
    said = f"{datetime.now(UTC):%Y-%m-%d}, {size} size, seed {seed}: {passed} of {len(results)} passed"
    return f"{said}, {ended} came to an end; pytest ended with status {status}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
