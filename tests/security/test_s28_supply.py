"""S28: packages come by version and hash alone, and an audit that could ask nobody does not pass."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from local import bill as bills
from local import packages
from local.licences import LIST, installed, is_free, odd_licences
from local.lock import LOCK, pins
from tests.servers.processes import ROOT

SETUP_ONLY = {"pip", "setuptools", "wheel"}
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
MADE_UP = {"name": "flask", "version": "0.1"}


def blocks() -> list[str]:
    """Each package of the lock with its hashes, as one text."""
    lines = LOCK.read_text().replace("\\\n", " ").splitlines()
    return [line for line in lines if line and not line.startswith((" ", "#"))]


def test_s28_every_package_is_pinned_by_hash_and_no_other_source_is_named() -> None:
    assert len(blocks()) == len(pins()) > 100
    for block in blocks():
        assert HASH.search(block), block[:80]
    text = LOCK.read_text()
    for source in ("--index-url", "--extra-index-url", "--find-links", "--trusted-host", "git+", "http://", " @ "):
        assert source not in text


def test_s28_setup_and_image_refuse_a_package_without_its_hash() -> None:
    for name in ("Makefile", "Dockerfile"):
        text = (ROOT / name).read_text()
        installs = [line for line in text.splitlines() if re.search(r"pip install", line)]
        assert installs
        assert all("--require-hashes" in line for line in installs)


def test_s28_the_environment_is_the_lock() -> None:
    there = {name: package.version for name, package in installed().items() if name not in SETUP_ONLY}
    locked = {pin.name: pin.version for pin in pins() if pin.here and pin.name not in SETUP_ONLY}
    assert there == locked


def test_s28_every_licence_is_free_and_listed() -> None:
    assert odd_licences() == []
    rows = dict(re.findall(r"^\| \**([a-z0-9._-]+?)\** \| (\S+) \| .+ \|$", LIST.read_text(), re.MULTILINE))
    assert rows.items() <= {(pin.name, pin.version) for pin in pins()}
    assert {pin.name for pin in pins() if not pin.marker} <= set(rows), "run: make licences"


@pytest.mark.parametrize("licence", ["GPL-3.0-or-later", "Proprietary", "", "MIT AND SSPL-1.0", "AGPL-3.0-only"])
def test_a_licence_that_binds_what_uses_it_is_not_free(licence: str) -> None:
    assert not is_free(licence)


@pytest.mark.parametrize(
    ("report", "status", "said"),
    [
        ("", 3, "not audited: no route to host"),
        ('{"dependencies": []}', 3, "not audited: flask"),
        (json.dumps({"dependencies": [{"name": "flask", "skip_reason": "unknown"}]}), 3, "not audited: flask"),
        (json.dumps({"dependencies": [{**MADE_UP, "vulns": []}]}), 0, "no known weakness"),
        (json.dumps({"dependencies": [{**MADE_UP, "vulns": [{"id": "X-1", "fix_versions": ["2"]}]}]}), 1, "X-1"),
    ],
)
def test_s28_an_audit_that_asked_nobody_says_so(
    report: str, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert packages.verdict(report, "no route to host", {"flask"}) == status
    assert said in capsys.readouterr().out


def test_s28_without_its_source_the_audit_is_no_pass() -> None:
    """pip-audit itself, pointed to where nobody listens."""
    environ = {"PATH": "/usr/bin:/bin", "HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    command = [sys.executable, "-m", "local.packages", "audit"]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == packages.NOT_AUDITED, done.stdout + done.stderr
    assert done.stdout.startswith("not audited: ")


def test_s28_the_bill_of_materials_names_what_is_locked() -> None:
    bills.write_bill()
    bill = json.loads(bills.BILL.read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    named = {re.sub(r"[-_.]+", "-", part["name"]).lower(): part["version"] for part in bill["components"]}
    assert {pin.name: pin.version for pin in pins() if pin.here}.items() <= named.items()
    bill["components"][0]["type"] = "nothing of the kind"
    assert [fault.partition(":")[0] for fault in bills.faults(bill)] == ["components/0/type"]
