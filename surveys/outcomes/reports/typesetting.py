"""The one door to the typesetter: a document of texts and numbers in, the bytes of a PDF or of its pages out.

What a clinic wrote comes in as data that is read, never as a part of the source, so it stands in the file as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import typst

from surveys.outcomes.reports.content import Content
from surveys.outcomes.reports.printable import printable_all

FOLDER = Path(__file__).parents[3] / "templates" / "reports"
PANIC = "PanicException"  # the compiler's own fault; the binding does not let it be named, nor caught as an Exception
STANDARD = "ua-1"  # accessible: tagged, titled, in a named language, every figure described


class TypesettingError(Exception):
    """The document could not be set; what it holds is not told."""


@cache
def sources() -> Mapping[str, bytes]:
    """The templates, which import each other by name."""
    return {path.name: path.read_bytes() for path in sorted(FOLDER.glob("*.typ"))}


def attached(content: Content) -> bytes:
    """What is attached to the file: everything that it says, as JSON; its hash is printed."""
    return json.dumps(content.document, ensure_ascii=False, sort_keys=True, indent=1).encode()


def files_of(content: Content) -> dict[str, bytes]:
    """All that the compiler may read; it begins at ``main.typ``."""
    kept = attached(content)
    shown = {**printable_all(content.document), "input_sha256": sha256(kept).hexdigest()}
    drawings = {f"{code}.svg": drawn.svg.encode() for code, drawn in content.drawings.items()}
    own = {"shown.json": json.dumps(shown, ensure_ascii=False).encode(), "report.json": kept}
    return {**sources(), **drawings, **own}


def pdf(content: Content) -> bytes:
    """The report; the same content gives the same bytes."""
    made: bytes = _set(content, format="pdf", pdf_standards=[STANDARD])
    return made


def pages(content: Content, *, ppi: float = 110) -> list[bytes]:
    """Every page as a PNG picture, to look at."""
    drawn = _set(content, format="png", ppi=ppi)
    return drawn if isinstance(drawn, list) else [drawn]


def _set(content: Content, **how: Any) -> Any:
    """Compile from memory; the folder in which other files would be looked for is empty."""
    with TemporaryDirectory(prefix="backstory-report-") as empty:
        try:
            return typst.compile(
                cast("Any", files_of(content)),
                root=empty,
                ignore_system_fonts=True,
                timestamp=_whole(content.as_of),
                **how,
            )
        except typst.TypstError as problem:
            raise TypesettingError(problem.message) from problem
        except BaseException as problem:
            if type(problem).__name__ != PANIC:
                raise
            raise TypesettingError(PANIC) from problem


def _whole(moment: datetime) -> int:
    return int(moment.timestamp())
