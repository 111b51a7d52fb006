"""docs/patient-screens.md against the tests there are: every line of the specification has one of its name."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WANTED = [*(f"P{number}" for number in range(1, 19)), *(f"N{number}" for number in range(1, 4))]
NAME = re.compile(r"test_((?:[pn]\d{1,2}_)+)")
ROW = re.compile(r"^\| ([PN]\d+) \|.*$", re.MULTILINE)


@cache
def named() -> Mapping[str, frozenset[str]]:
    """The files with a test of each id: ``test_p05_p06_...`` stands for both."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            ids = NAME.match(node.name) if isinstance(node, ast.FunctionDef) else None
            for each in ids[1].rstrip("_").split("_") if ids else ():
                found.setdefault(f"{each[0].upper()}{int(each[1:])}", set()).add(path.relative_to(ROOT).as_posix())
    return {code: frozenset(files) for code, files in found.items()}


def rows() -> dict[str, str]:
    text = (ROOT / "docs" / "patient-screens.md").read_text(encoding="utf-8")
    return {row[1]: row[0] for row in ROW.finditer(text)}


@pytest.mark.parametrize("code", WANTED)
def test_every_line_has_a_test_of_its_name(code: str) -> None:
    assert named().get(code), f"no test is named test_{code[0].lower()}..., as test_p04_..."


def test_no_test_is_named_after_a_line_that_does_not_exist() -> None:
    assert set(named()) <= set(WANTED)


def test_the_document_names_each_line_with_files_where_it_is_tried() -> None:
    assert sorted(rows()) == sorted(WANTED)
    for code, row in rows().items():
        written = set(re.findall(r"`(tests/[^`]+)`", row))
        assert written, code
        assert written <= named()[code], code
