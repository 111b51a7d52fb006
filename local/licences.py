"""The packages' licences: all of them free, and listed in docs/licences.md."""

import re
import tomllib
from email.message import Message
from importlib.metadata import Distribution, distributions
from typing import cast

from packaging.utils import canonicalize_name

from local.lock import pins
from local.settings import ROOT
from local.trouble import LocalError

LIST = ROOT / "docs" / "licences.md"
FREE = ("MIT", "BSD", "Apache", "ISC", "PSF", "Python Software Foundation", "MPL", "Mozilla", "LGPL", "Zlib", "CC0")
KNOWN = {"axe-playwright-python": "MIT"}  # its metadata name none; its repository has the text
HEAD = """\
# Licences of packages

Written by `make licences` from `requirements.lock`. All are free to use, change and pass on; psycopg (LGPL) is
used as it is. Bold: named in `pyproject.toml`; the others come with them. Packages of other systems are left out.

| Package | Version | Licence |
|---|---|---|
"""


def installed() -> dict[str, Distribution]:
    """Return what is installed here, by name."""
    return {canonicalize_name(each.metadata["Name"]): each for each in distributions()}


def licence_of(package: Distribution) -> str:
    """Return the licence as the package declares it: an SPDX expression, its classifiers, or its own words."""
    told = cast("Message", package.metadata)
    if named := told.get("License-Expression") or KNOWN.get(canonicalize_name(told["Name"])):
        return named
    last = {text.rpartition(" :: ")[2] for text in told.get_all("Classifier", []) if text.startswith("License ::")}
    own = (told.get("License") or "").strip().splitlines()
    return "; ".join(sorted(last - {"OSI Approved"})) or (own[0] if own else "")


def is_free(licence: str) -> bool:
    """Whether every part of the licence lets anybody use, change and pass on the package."""
    parts = re.split(r"\s+AND\s+|;\s*", licence)
    return bool(licence) and all(any(word in part for word in FREE) or "0BSD" in part for part in parts)


def odd_licences() -> list[str]:
    """Return the locked packages that somebody has to look at first."""
    there = installed()
    told = {pin.name: licence_of(there[pin.name]) for pin in pins() if pin.name in there}
    return [f"{name}: {licence or 'none told'}" for name, licence in told.items() if not is_free(licence)]


def table() -> str:
    """Return the list as it should stand."""
    there, direct = installed(), _direct()
    rows = [(pin, licence_of(there[pin.name])) for pin in pins() if pin.here and pin.name in there]
    lines = [f"| {f'**{p.name}**' if p.name in direct else p.name} | {p.version} | {text} |\n" for p, text in rows]
    return HEAD + "".join(lines)


def _direct() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    return {canonicalize_name(re.split(r"[\[<>=;]", each)[0]) for each in named}


def write_licences() -> None:
    """Write the list, unless a licence is not free."""
    if odd := odd_licences():
        raise LocalError("Licences that need a look before these packages may be used: " + "; ".join(odd))
    LIST.write_text(table(), encoding="utf-8")
    print(f"{LIST.relative_to(ROOT)} is up to date.")
