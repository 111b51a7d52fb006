"""The bill of materials: what this environment is made of, as CycloneDX."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
from cyclonedx.schema import SchemaVersion, _res

from local.settings import ROOT
from local.trouble import LocalError

BILL = ROOT / "dist" / "backstory.cdx.json"
SCHEMAS = "http://cyclonedx.org/schema/"
PARTS = {"spdx": _res.SPDX_JSON, "jsf-0.82": _res.JSF, "cryptography-defs": _res.CRYPTOGRAPHY_DEFS}


def write_bill() -> None:
    """Write the bill of this environment; raises LocalError where it could not be, or is none by its schema.

    cyclonedx_py's own look at the schema, in Python, takes half a minute of a busy core.
    """
    BILL.parent.mkdir(exist_ok=True)
    options = ["--pyproject", "pyproject.toml", "--of", "JSON", "--sv", "1.6", "--output-reproducible"]
    command = [sys.executable, "-m", "cyclonedx_py", "environment", sys.executable, *options]
    if subprocess.run([*command, "--no-validate", "-o", str(BILL)], cwd=ROOT, check=False).returncode:
        raise LocalError("The bill of materials could not be written; the reason is above.")
    if wrong := faults(json.loads(BILL.read_text(encoding="utf-8"))):
        raise LocalError("\n".join(("The bill of materials is none by its schema:", *wrong)))
    print(BILL.relative_to(ROOT))


def faults(bill: object) -> list[str]:
    """Return what the strict schema of CycloneDX 1.6 says against a bill."""
    parts = [(f"{SCHEMAS}{name}.SNAPSHOT.schema.json", _read(path)) for name, path in PARTS.items()]
    schema = _read(_res.BOM_JSON_STRICT[SchemaVersion.V1_6] or "")
    validator = jsonschema_rs.Draft7Validator(schema, registry=jsonschema_rs.Registry(parts), validate_formats=True)
    return [f"{'/'.join(map(str, each.instance_path))}: {each.message}" for each in validator.iter_errors(bill)]


def _read(path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return found
