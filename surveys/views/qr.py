"""QR codes, drawn into the page."""

from __future__ import annotations

import segno
from markupsafe import Markup

QUIET = 4  # modules left free on each side, which readers need (ISO/IEC 18004)


def drawn(text: str) -> Markup:
    """Draw a code that takes whatever size the page gives it; ``text``: letters of our own, never a visitor's."""
    return Markup(segno.make(text, error="m").svg_inline(border=QUIET, omitsize=True))  # noqa: S704 - see above
