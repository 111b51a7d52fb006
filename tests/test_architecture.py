"""The import rules of the house, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.servers import warm

ROOT = Path(__file__).parent.parent
PACKAGES = ("scoring", "surveys", "tasks")
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "migrations" not in path.parts
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(path: Path) -> set[str]:
    """Modules of ours that a file imports, each as the longest name that is a module."""
    found = set()
    for name in imports(path):
        module = name if name in FILES else name.rpartition(".")[0]
        if module in FILES:
            found.add(module)
    return found


GRAPH = {module: ours(path) - {module} for module, path in FILES.items()}


def test_there_is_no_import_cycle() -> None:
    tuple(TopologicalSorter(GRAPH).static_order())


@pytest.mark.parametrize("module", sorted(m for m in FILES if m.startswith("scoring")))
def test_scoring_is_pure(module: str) -> None:
    roots = {name.partition(".")[0] for name in imports(FILES[module])}
    assert not roots & {"flask", "sqlalchemy", "celery", "redis", "surveys", "tasks", "flask_sqlalchemy"}
    if module not in ("scoring.tables", "scoring.__main__"):
        assert "polars" not in roots


@pytest.mark.parametrize("module", sorted(m for m in FILES if m.startswith("surveys")))
def test_the_application_knows_nothing_of_tasks(module: str) -> None:
    assert not {name.partition(".")[0] for name in imports(FILES[module])} & {"tasks", "celery", "redis", "kombu"}


def test_models_import_the_database_only() -> None:
    for module in (m for m in FILES if m.startswith("surveys.models")):
        assert all(name == "surveys.db" or name.startswith("surveys.models") for name in GRAPH[module]), module


def test_the_schedule_imports_nothing_of_ours() -> None:
    assert GRAPH["surveys.schedule"] == set()


REGISTER = {"tasks.commands", "tasks.restoring"}  # add commands of their own to those of the application


def test_no_task_stands_on_a_command() -> None:
    for module in (m for m in FILES if m.startswith("tasks") and m not in REGISTER):
        asked = {name for name in GRAPH[module] if "commands" in name and "click" in imports(FILES[name])}
        assert not asked, f"{module}: {asked}"


CALLS_KEPT_ABOVE = {"commit", "utcnow", "today", "getenv"}
MAY_COMMIT = ("surveys.views", "surveys.cli", "tasks", "surveys.demo")


@pytest.mark.parametrize(
    "module",
    sorted(m for m in FILES if m.startswith("surveys") and not m.startswith(MAY_COMMIT) and "commands" not in m),
)
def test_nothing_below_a_view_commits_or_reads_the_clock(module: str) -> None:
    if module in ("surveys.config", "surveys.db"):
        return
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in CALLS_KEPT_ABOVE, f"{module}:{node.lineno} {node.func.attr}"
            clock = node.func.attr == "now" and getattr(node.func.value, "id", "") == "datetime"
            assert not clock, f"{module}:{node.lineno} reads the clock"


SLOW = {"openpyxl", "polars", "pyreadstat", "scipy.integrate", "scipy.stats", "typst", "xlsxwriter"}


def test_the_application_starts_without_the_libraries_that_few_requests_use() -> None:
    """Every web process, worker and command would pay for them at its start."""
    started = "import surveys.application, sys; print(*sys.modules)"
    done = warm.run(["-c", started])
    assert done.returncode == 0, done.stderr
    assert "surveys.application" in done.stdout.split()
    assert not SLOW & set(done.stdout.split())
