"""The tests that stand for a requirement: their names begin with its id, as in ``test_s04_cookie_is_host_only``."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = Path(__file__).with_name("requirements.toml")
NAME = re.compile(r"test_([st])(\d\d)_")
GENERATED = ("test_forms_fuzz.py", "test_items_fuzz.py", "test_json_schemathesis.py")  # beside the numbered ones
ROW = re.compile(r"^- `(tests/[^`]+)`", re.MULTILINE)


@cache
def requirements() -> Mapping[str, Mapping[str, str]]:
    """Return what each id says and answers, in order."""
    found: dict[str, dict[str, str]] = tomllib.loads(REQUIREMENTS.read_text(encoding="utf-8"))
    return found


def requirement_of(test: str) -> str | None:
    """Return the id a test's name begins with, such as S4, or None."""
    found = NAME.match(test.rpartition("::")[2])
    return f"{found[1].upper()}{int(found[2])}" if found else None


@cache
def named_tests() -> Mapping[str, list[str]]:
    """Return the tests of each id as ``path::name``; those that generate their input stand under ``generated``."""
    tests: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in _functions(path):
            test = f"{path.relative_to(ROOT)}::{name}"
            of = requirement_of(test) or ("generated" if path.name in GENERATED else None)
            if of:
                tests.setdefault(of, []).append(test)
    return tests


def _functions(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


def written_tests(document: str) -> list[str]:
    """Return the tests that the document lists."""
    return ROW.findall(document)
