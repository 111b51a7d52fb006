"""One passport, from the plan to the files."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from local.passport.book import Passport, keep_before, write
from local.passport.differences import Difference, differences, read_passport
from local.passport.patient import open_clinic
from local.passport.screens import Asking, Size, askings
from local.passport.walk import walk
from local.trouble import LocalError
from surveys.wordings import in_use

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def make(
    base: str, browser: Browser, asked: argparse.Namespace, folder: Path, tell: Callable[[str], None]
) -> list[Difference]:
    """Draw the screens that the server at ``base`` shows, on the database of this process; return what differs."""
    from wsgi import app  # noqa: PLC0415  the settings must stand first

    before = read_passport(asked.against) if asked.against else []
    sizes = tuple(Size(*size) for size in asked.sizes)
    plan = _asked(asked.instruments), _languages(asked.languages), sizes
    shots = walk(app, base, browser, open_clinic(app), plan, folder, tell)
    changed = differences(before, shots) if asked.against else []
    if changed:
        keep_before(changed, asked.against.parent, folder)
    today = datetime.now(UTC).date()
    write(Passport(today, browser.version, shots, str(asked.against or ""), changed), folder, browser)
    return changed


def _asked(instruments: list[str]) -> list[Asking]:
    planned = list(askings(instruments))
    missing = set(instruments) - {screen.instrument for asking in planned for screen in asking.screens}
    if missing:
        raise LocalError(f"No bundled protocol asks {', '.join(sorted(missing))}.")
    return planned


def _languages(wanted: list[str] | None) -> list[str]:
    known = sorted({language for _instrument, language in in_use()})
    if unknown := set(wanted or ()) - set(known):
        raise LocalError(f"There is wording in {', '.join(known)} only, not in {', '.join(sorted(unknown))}.")
    return wanted or known
