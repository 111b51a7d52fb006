"""A pytest plugin: under REQUIRE_ALL=1 or CI=true a skipped browser, fault or database test fails the run."""

import os

import pytest

MARKS = ("browser", "faults", "postgres")
skipped: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "postgres: needs PostgreSQL; set by the fixtures a test asks for")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "bare_postgres" in fixtures:
            item.add_marker("postgres")
        if "browser" in fixtures:
            item.add_marker("browser")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail") and any(mark in report.keywords for mark in MARKS):
        skipped.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped:
        skipped.append(report.nodeid)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if skipped and _required() and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if skipped and _required():
        terminalreporter.section("skipped, but required here", red=True)
        for name in skipped:
            terminalreporter.line(name)


def _required() -> bool:
    return os.environ.get("REQUIRE_ALL") == "1" or os.environ.get("CI") == "true"
