"""Migrations that run while the service does: none holds a lock while it goes through a table, none loses an answer."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

VERSIONS = Path(__file__).parents[2] / "surveys" / "migrations" / "versions"
GROWING = {
    *("answer", "response", "score", "message", "visit", "audit_event", "patient", "episode", "consent"),
    *("patient_link", "patient_session", "staff_task", "treatment", "ending", "endpoint"),
}
RENAMED = "new_column_name"
STATEMENTS = {
    r"\bSET NOT NULL\b": "reads the whole table under a lock that stops everybody",
    r"\bCREATE (UNIQUE )?INDEX (?!CONCURRENTLY)": "stops writing while it builds",
    r"\bALTER COLUMN \w+ (SET DATA )?TYPE\b": "rewrites the table",
    r"\bLOCK TABLE\b": "stops everybody",
    r"\bVACUUM FULL\b|\bCLUSTER\b": "rewrites the table",
    r"\bADD CONSTRAINT (?!.*NOT VALID)": "reads the whole table under a lock",
}


def files() -> list[Path]:
    return sorted(path for path in VERSIONS.glob("0*.py") if path.name[:4] > "0002")


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield the name of each operation of ``upgrade`` and what it calls, with the call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "downgrade":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, node


def texts(call: ast.Call) -> list[str]:
    return [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]


def named(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def is_true(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is True


def is_false(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


def dangers(path: Path) -> list[str]:
    """Return what in a revision would keep a serving application waiting, on tables that it does not make itself."""
    tree = ast.parse(path.read_text())
    made = {texts(call)[0] for name, call in calls(tree) if name == "create_table" and texts(call)}
    found = []
    for name, call in calls(tree):
        touched = set(texts(call)) & (GROWING - made)
        if touched and (trouble := trouble_of(name, call)):
            found.append(f"{name} on {', '.join(sorted(touched))} {trouble}")
    for text in ast.walk(tree):
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            found += [f"SQL {why}" for pattern, why in STATEMENTS.items() if harmful(pattern, text.value, made)]
    return found


def harmful(pattern: str, text: str, made: set[str]) -> bool:
    match = re.search(pattern, text)
    return match is not None and any(re.search(rf"\b{table}\b", text) for table in GROWING - made)


def trouble_of(name: str, call: ast.Call) -> str | None:
    if name == "create_index" and not is_true(named(call, "postgresql_concurrently")):
        return "stops writing while it builds: build it CONCURRENTLY in an autocommit_block"
    if name in ("create_foreign_key", "create_check_constraint") and not is_true(named(call, "postgresql_not_valid")):
        return "reads the whole table under a lock: add it NOT VALID, then validate"
    if name == "create_unique_constraint":
        return "builds an index under a lock: build it CONCURRENTLY, then attach it"
    if name in ("drop_column", "rename_table"):
        return "breaks the version that is still serving"
    if name == "alter_column" and (is_false(named(call, "nullable")) or named(call, "type_") or named(call, RENAMED)):
        return "rewrites, checks or renames what is still in use"
    return trouble_of_column(call) if name == "add_column" else None


def trouble_of_column(call: ast.Call) -> str | None:
    column = next((arg for arg in call.args if isinstance(arg, ast.Call)), None)
    if column is None or not is_false(named(column, "nullable")) or named(column, "server_default"):
        return None
    return "the version still serving does not fill it"


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_no_revision_keeps_a_serving_application_waiting(path: Path) -> None:
    assert dangers(path) == []


@pytest.mark.parametrize(
    "line",
    [
        'op.add_column("answer", sa.Column("x", sa.Text(), nullable=False))',
        'op.create_index("ix", "message", ["x"])',
        'op.drop_column("visit", "x")',
        'op.alter_column("patient", "x", nullable=False)',
        'op.execute("ALTER TABLE answer ALTER COLUMN x TYPE bigint")',
        'op.execute("CREATE INDEX ix ON answer (x)")',
    ],
)
def test_what_would_keep_it_waiting_is_found(line: str, tmp_path: Path) -> None:
    path = tmp_path / "0099_bad.py"
    path.write_text(f"def upgrade():\n    {line}\n")
    assert dangers(path)
