"""A build may not pass by skipping."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BARE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # the other plugins take most of a start
CASES = """
import pytest

@pytest.mark.browser
def test_skipped():
    pytest.skip("no browser")

def test_passed():
    pass
"""


@pytest.mark.parametrize(
    ("settings", "status", "processes"),
    [({}, 0, "0"), ({"CI": "true"}, 1, "0"), ({"REQUIRE_ALL": "1"}, 1, "2")],
)
def test_a_skipped_browser_test_fails_a_build(
    tmp_path: Path, settings: dict[str, str], status: int, processes: str
) -> None:
    (tmp_path / "test_case.py").write_text(CASES)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = browser: x\n")
    options = ["-p", "xdist", "-p", "tests.servers.required", "-n", processes, "-c", str(tmp_path / "pytest.ini")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        env={**{k: v for k, v in os.environ.items() if k not in ("CI", "REQUIRE_ALL")}, **settings, **BARE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert "1 passed, 1 skipped" in done.stdout.splitlines()[-1]
