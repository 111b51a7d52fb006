"""A bill of materials, and an audit of the locked packages that never says ok by mistake."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from packaging.utils import canonicalize_name

from local.bill import write_bill
from local.licences import write_licences
from local.lock import LOCK, pins
from local.settings import ROOT
from local.trouble import LocalError

VULNERABLE, TROUBLE, NOT_AUDITED = 1, 2, 3
Entries = Sequence[Mapping[str, Any]]


def audit() -> int:
    """Ask for known weaknesses of the locked packages.

    Returns 0 where there is none, 1 where there is one, 3 where not every package could be asked about.
    """
    options = ["--strict", "--require-hashes", "--disable-pip", "-r", str(LOCK), "-f", "json", "--progress-spinner=off"]
    command = [sys.executable, "-m", "pip_audit", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return verdict(done.stdout, done.stderr, {pin.name for pin in pins() if pin.here})


def verdict(report: str, words: str, wanted: set[str]) -> int:
    """Judge pip-audit's report; its own exit status is 1 both for a weakness and for having asked nobody."""
    try:
        entries: Entries = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        print(f"not audited: {(words.strip().splitlines() or ['pip-audit said nothing'])[-1]}")
        return NOT_AUDITED
    weak = [(each, weakness) for each in entries for weakness in each.get("vulns") or ()]
    for each, weakness in weak:
        mended = ", ".join(weakness.get("fix_versions") or ()) or "no version yet"
        print(f"{each['name']} {each['version']}: {weakness['id']}, mended in {mended}")
    missing = sorted(wanted - {canonicalize_name(str(each["name"])) for each in entries if "vulns" in each})
    if missing:
        print(f"not audited: {', '.join(missing)}")
    elif not weak:
        print(f"{len(entries)} packages audited, no known weakness")
    return VULNERABLE if weak else NOT_AUDITED if missing else 0


ACTS = {"audit": audit, "licences": write_licences, "sbom": write_bill}


def main() -> int:
    """``python -m local.packages audit | licences | sbom``."""
    act = ACTS.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if act is None:
        print(f"Say which: {', '.join(ACTS)}", file=sys.stderr)
        return TROUBLE
    try:
        return act() or 0
    except LocalError as error:
        print(error, file=sys.stderr)
        return TROUBLE


if __name__ == "__main__":
    sys.exit(main())
