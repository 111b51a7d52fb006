"""``make security``: run the tests of every requirement, and write what came of it into docs/security.md.

``python -m tests.security.report names`` writes the list of tests anew and runs nothing: a result stays what it was,
with its day, and a test that is new says "not run". ``missing`` runs the files of tests that have not passed, and
``only FILE ...`` the files named; with both the other results stay. ``from REPORT.xml`` reads the results of a run of
pytest with ``--junitxml=REPORT.xml -o junit_family=xunit1``.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from tests.security.named_tests import ROOT, named_tests, requirements

DOCUMENT = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- begin: written by `make security` -->", "<!-- end -->"
RESULT = re.compile(r"^- `(tests/[^`]+)`: (.*)$", re.MULTILINE)
NOT_RUN = "not run"
KINDS = ("failure", "error", "skipped")
HEADING = "| Id | Requirement | Result | Tests | ASVS 5.0 | Part 11 | HIPAA |\n|---|---|---|---|---|---|---|"
Results = Mapping[str, str]


def main(arguments: list[str]) -> int:
    """Return the exit status of the tests, or 0 where only names were written."""
    text = DOCUMENT.read_text(encoding="utf-8")
    known: Results = dict(RESULT.findall(text))
    which, *options = arguments or [""]
    if which == "names":
        _write(text, known)
        return 0
    if which == "from":
        _write(text, {**known, **dict(results_of(Path(options[0])))})
        return 0
    if which == "only":
        files, options = options, []
    elif which == "missing":
        files = _files(test for test in _tests() if not _passed(known.get(test, NOT_RUN)))
    else:
        files, options, known = _files(_tests()), arguments, {}
    status, results = run(files, options)
    _write(text, {**known, **results})
    return status


def _files(tests: Iterable[str]) -> list[str]:
    return sorted({test.partition("::")[0] for test in tests})


def _tests() -> list[str]:
    return [test for code in (*requirements(), "generated") for test in named_tests().get(code, [])]


def run(files: list[str], options: list[str]) -> tuple[int, Results]:
    """Run the tests of the files with options for pytest; return its status and what came of each test."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", "-o", "junit_family=xunit1"]
        status = subprocess.run([*command, *options, *files], cwd=ROOT, check=False).returncode
        return status, dict(results_of(report)) if report.exists() else {}


def results_of(report: Path) -> Iterator[tuple[str, str]]:
    """Yield each test, its cases taken together, and what came of it, with the counts it gave."""
    cases: dict[str, Counter[str]] = {}
    counts: dict[str, list[str]] = {}
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - written by pytest a moment ago
        file = (case.get("classname") or "").replace(".", "/")  # the attribute names where a wrapper stands
        test = f"{file}.py::{(case.get('name') or '').partition('[')[0]}"
        outcome = next((kind for kind in KINDS if case.find(kind) is not None), "passed")
        cases.setdefault(test, Counter())[outcome.replace("failure", "failed")] += 1
        given = [each.get("value") or "" for each in case.iter("property") if each.get("name") == "counts"]
        counts.setdefault(test, []).extend(given)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    for test, found in cases.items():
        words = ", ".join(f"{number} {outcome}" for outcome, number in found.items())
        result = "passed" if found == {"passed": 1} else words
        yield test, "; ".join([f"{result} on {today}", *counts[test]])


def _passed(result: str) -> bool:
    return "passed" in result and not any(word in result for word in ("failed", "error", "skipped"))


def _write(text: str, results: Results) -> None:
    head, _, rest = text.partition(BEGIN)
    _, _, foot = rest.partition(END)
    passed = sum(_passed(results.get(test, NOT_RUN)) for test in _tests())
    summary = f"\n{passed} of {len(_tests())} tests passed when they were last run; each says when.\n"
    body = "\n".join([summary, HEADING, *_rows(results), "", *_lists(results)])
    DOCUMENT.write_text(f"{head}{BEGIN}\n{body}\n{END}{foot}", encoding="utf-8")


def _rows(results: Results) -> Iterator[str]:
    tests = named_tests()
    for code, row in requirements().items():
        of = tests.get(code, [])
        result = _together([results.get(test, NOT_RUN) for test in of])
        yield f"| {code} | {row['says']} | {result} | {len(of)} | {row['asvs']} | {row['part11']} | {row['hipaa']} |"


def _together(results: list[str]) -> str:
    passed = sum(map(_passed, results))
    if set(results) <= {NOT_RUN}:
        return NOT_RUN
    return "passed" if passed == len(results) else f"**{passed} of {len(results)} passed**"


def _lists(results: Results) -> Iterator[str]:
    tests = named_tests()
    for code in [*requirements(), "generated"]:
        yield f"**{'Generated input' if code == 'generated' else code}**\n"
        yield from (f"- `{test}`: {results.get(test, NOT_RUN)}" for test in tests.get(code, []))
        yield ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
