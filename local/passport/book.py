"""The passport as a book to read (PDF) and as a file of hashes (JSON)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from local.passport.differences import Difference
from local.passport.screens import Shot
from surveys.version import VERSION
from surveys.wordings import Wording, in_use

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGE = "passport.html"


@dataclass(frozen=True, slots=True)
class Passport:
    """What is written down. ``against``: the file compared with, or empty."""

    made_on: date
    browser: str  # its version: another one may draw letters otherwise
    shots: Sequence[Shot]
    against: str = ""
    changed: Sequence[Difference] = ()

    @property
    def wordings(self) -> list[Wording]:
        """Every wording that a screen shows."""
        ids = {shot.wording for shot in self.shots}
        return [each for each in in_use().values() if each.wording_id in ids]


def write(passport: Passport, folder: Path, browser: Browser) -> None:
    """Write the hashes, then the book, beside the pictures."""
    (folder / "passport.json").write_text(as_json(passport), encoding="utf-8")
    (folder / PAGE).write_text(_page(passport), encoding="utf-8")
    page = browser.new_page()
    page.goto((folder / PAGE).resolve().as_uri(), wait_until="load")
    page.pdf(path=str(folder / "passport.pdf"), prefer_css_page_size=True, print_background=True)
    page.close()
    (folder / PAGE).unlink()


def as_json(passport: Passport) -> str:
    """Return the hashes; the same screens on the same day give the same text."""
    wordings = [
        {
            "id": each.wording_id,
            "status": each.status,
            "sha256": each.hash,
            "licence_ref": each.licence_ref,
            "attested_by": each.attested_by,
            "attested_on": each.attested_on,
        }
        for each in passport.wordings
    ]
    document = {
        "passport": 1,
        "program": VERSION,
        "made_on": passport.made_on.isoformat(),
        "browser": passport.browser,
        "wordings": wordings,
        "screens": [shot.as_row() for shot in passport.shots],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def keep_before(changed: Sequence[Difference], source: Path, folder: Path) -> None:
    """Copy the older pictures of what has changed; a passport without its pictures shows the new ones alone."""
    (folder / "before").mkdir(exist_ok=True)
    for each in changed:
        picture = source / Path(each.before).name
        if each.before and picture.is_file():
            shutil.copyfile(picture, folder / "before" / picture.name)


def _page(passport: Passport) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    sheets: dict[tuple[str, str], list[Shot]] = {}
    for shot in passport.shots:
        sheets.setdefault((shot.language, shot.screen), []).append(shot)
    return environment.get_template("book.html").render(
        passport=passport,
        version=VERSION,
        sheets=list(sheets.values()),
        kinds={(each.screen, each.language, each.size): each.kind for each in passport.changed},
    )
