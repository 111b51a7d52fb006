"""How good the data of one protocol are: how the screens were used, by whom, and what the answers look like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from scoring.instrument import load_instruments
from surveys.i18n import gettext as _
from surveys.outcomes import quality_parts as parts
from surveys.outcomes import quality_queries
from surveys.outcomes.figure import Figure
from surveys.outcomes.filters import Filters
from surveys.outcomes.quality_figures import Maker
from surveys.outcomes.quality_queries import Row
from surveys.outcomes.quality_rows import Share
from surveys.protocols.model import Protocol

ALIKE = 5  # items with the same levels, from which on one row throughout is worth a look
Rows = dict[str, list[Row]]


@dataclass(frozen=True, slots=True)
class Quality:
    """One protocol's page. ``answers``: acknowledged ones, ``patients`` behind them."""

    protocol: Protocol
    filters_words: str
    answers: int
    patients: int
    sources: tuple[Share, ...]
    as_of: datetime
    figures: tuple[Figure, ...]

    def figure(self, code: str) -> Figure | None:
        """The figure of a code, or None."""
        return next((figure for figure in self.figures if figure.code == code), None)


def build(session: Session, protocol: Protocol, filters: Filters, *, now: datetime) -> Quality:
    """Count everything in one statement and describe it."""
    rows = quality_queries.read(session, filters, alike())
    source = rows["sources"][0]
    shown = source["patients"] >= max(1, filters.fewest)
    make = Maker(filters.fewest, now)
    return Quality(
        protocol=protocol,
        filters_words=filters.words(protocol),
        answers=source["answers"] if shown else 0,
        patients=source["patients"] if shown else 0,
        sources=tuple(parts.source_rows(source)) if shown else (),
        as_of=now,
        figures=(*_times(make, rows), *_use(make, rows), *_screens(make, rows), *_answers(make, rows)),
    )


def alike() -> dict[str, int]:
    """The instruments whose items all have the same rows, with how many items they have."""
    return {
        code: len(each.items)
        for code, each in load_instruments().items()
        if len(each.items) >= ALIKE and len({item.levels for item in each.items}) == 1
    }


def _times(make: Maker, rows: Rows) -> list[Figure]:
    shown = _("From the moment the screen was shown to the answer's confirmation, by patients;")
    return [
        make.spans(
            "screen-times",
            _("Time per screen"),
            shown + " " + _("the bar holds the middle half, the line is the median."),
            _("Item"),
            parts.screen_spans(parts.in_order(rows["items"])),
            top=True,
        ),
        make.spans(
            "questionnaire-times",
            _("Time per questionnaire"),
            _("All its screens together, come-backs included; only where each screen's time is known."),
            _("Questionnaire"),
            parts.questionnaire_spans(rows["questionnaires"]),
        ),
        make.spans(
            "layout-times",
            _("Time per screen by its drawing"),
            _("A drawing's number rises whenever the drawing changes."),
            _("Drawing"),
            parts.dimension_spans(rows["dimensions"], "layout"),
        ),
    ]


def _use(make: Maker, rows: Rows) -> list[Figure]:
    items, item = parts.in_order(rows["items"]), _("Item")
    watched = _("Of the screens on which the browser's scripts ran.")
    return [
        make.shares(
            "changes",
            _("Choice changed before it was confirmed"),
            watched,
            item,
            parts.item_shares(items, "changed"),
            top=True,
        ),
        make.shares(
            "returns", _("Screens come back to"), watched, item, parts.item_shares(items, "returned"), top=True
        ),
        make.shares(
            "slips",
            _("Mis-taps by device and height of the rows"),
            _("Answers with a correction to the neighbouring row within 1.5 seconds, of those given on rows."),
            _("Device and height"),
            parts.slip_shares(rows["slips"]),
        ),
        make.shares(
            "declines",
            _("Questions not answered by choice"),
            _("Answers that stand: “I do not want to answer this”, of all that were answered or declined."),
            item,
            parts.declined_shares(rows["levels"]),
            top=True,
        ),
    ]


def _screens(make: Maker, rows: Rows) -> list[Figure]:
    found = rows["dimensions"]
    known = _("Of the screens for which it is known.")
    return [
        make.shares("layouts", _("Drawing of the screens"), known, _("Drawing"), _values(found, "layout")),
        make.shares(
            "devices",
            _("Devices, and visits with more than one kind"),
            _("Touched screens are phones below 600 px on the shorter side, else tablets; any other is a computer."),
            _("Device"),
            [*_values(found, "device"), *parts.switch_shares(rows["switches"][0])],
        ),
        make.shares("viewports", _("Width of the window"), known, _("Width"), _values(found, "width_band")),
        make.shares(
            "conditions",
            _("How the screens were seen and sent"),
            known + " " + _("A page that the browser translated does not show the wording that was checked."),
            _("What"),
            [
                parts.flag_share(found, "translated", True, _("Translated by the browser")),
                parts.flag_share(found, "queued", True, _("Confirmed offline, sent later")),
                parts.flag_share(found, "orientation", "landscape", _("Held in landscape")),
                *_values(found, "text_band"),
            ],
        ),
        make.shares("versions", _("Version of Backstory"), known, _("Version"), _values(found, "app_version")),
    ]


def _values(rows: list[Row], dimension: str) -> list[Share]:
    return parts.dimension_shares(rows, dimension)


def _answers(make: Maker, rows: Rows) -> list[Figure]:
    levels = rows["levels"]
    digits, pain = parts.digit_shares(levels), parts.pain_shares(levels)
    return [
        make.shares(
            "modes",
            _("Who filled the questionnaires in"),
            _("Of those begun."),
            _("Mode"),
            parts.mode_shares(rows["modes"]),
        ),
        make.shares(
            "vas-digits",
            _("EQ VAS: last digit"),
            _("Without rounding each digit would have about a tenth.") + _heaped(digits, make.fewest),
            _("Last digit"),
            digits,
        ),
        make.shares(
            "vas-paths",
            _("EQ VAS: how the number came to be"),
            _("The last way used before it was confirmed."),
            _("Way"),
            _values(rows["dimensions"], "input_path"),
        ),
        make.shares(
            "pain-levels",
            _("Pain ratings: levels chosen"),
            _("All ratings from 0 to 10 together. Peaks at 0, 5 and 10 beside empty neighbours hint at rounding."),
            _("Level"),
            pain,
        ),
        make.shares(
            "straight-lines",
            _("The same row in every question"),
            _("Of complete questionnaires. The lowest row throughout may be true: no trouble at all."),
            _("Questionnaire"),
            parts.straight_shares(rows["straight_lines"]),
        ),
    ]


def _heaped(digits: list[Share], fewest: int) -> str:
    """How many end in 0 and in 5, as a sentence to follow another."""
    zero, five = digits[0], digits[5]
    if not zero.whole or zero.patients < fewest:
        return ""
    said = {"zero": f"{zero.part}/{zero.whole}", "five": f"{five.part}/{five.whole}"}
    return " " + _("Ending in 0: %(zero)s, in 5: %(five)s.", **said)
