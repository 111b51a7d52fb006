"""A case report: one patient's answers, each at its own visit, gaps as gaps."""

from __future__ import annotations

from scoring.instrument import find_scale
from surveys.i18n import gettext as _
from surveys.outcomes.claims import words
from surveys.outcomes.claims.counts import NOT_ASKED
from surveys.outcomes.claims.found import ClaimError, Found, Kind, Table
from surveys.outcomes.claims.frame import KEY, Frame
from surveys.outcomes.claims.specification import Point, Specification

ABSENT = {
    "": "not answered",
    "late": "answered after the window",
    "late_proxy": "answered for the patient, after the window",
    "proxy": "answered for the patient",
    "not_scorable": "not scorable",
}


def find(specification: Specification, frame: Frame) -> Found:
    """Every score that there is; nothing is carried from one visit to another."""
    if frame.size != 1:
        raise ClaimError(_("A case report is of one episode of one patient; the choice holds %(n)d.", n=frame.size))
    codes = [code for code, _value_set in specification.scales]
    said = [sentence for code in codes if (sentence := _sentence(specification, frame, code))]
    treatments = frame.text("treatment_days")[0].split()
    days = f", on days {words.listed(treatments)} counted from the first" if len(treatments) > 1 else ""
    given = f"{len(treatments)} treatment{'' if len(treatments) == 1 else 's'}{days}" if treatments else "no treatment"
    return Found(
        statement=f"Patient {frame.text(KEY)[0].partition('-')[0]}, {given}: {'; '.join(said) or 'no answers yet'}.",
        method="One patient, chosen after the course was known: nothing follows from it about others. Each value "
        "belongs to its own visit.",
        tables=(_table(specification, frame, codes),),
        notes=("A case report is for use inside the clinic, or public with this patient's own consent.",),
    )


def _sentence(specification: Specification, frame: Frame, code: str) -> str:
    known = [(point, frame.text(f"{point.code}.{code}")[0]) for point in specification.timepoints]
    said = [f"{value} at {point.words}" for point, value in known if value not in ABSENT]
    return f"{find_scale(code).label} {words.listed(said)}" if said else ""


def _cell(point: Point, frame: Frame, code: str) -> str:
    value = frame.text(f"{point.code}.{code}")[0]
    return NOT_ASKED if not value and code not in point.asked else ABSENT.get(value, value)


def _table(specification: Specification, frame: Frame, codes: list[str]) -> Table:
    rows = []
    for point in specification.timepoints:
        rows.append((point.words, *(_cell(point, frame, code) for code in codes)))
    return Table("Every visit", ("visit", *(find_scale(code).label for code in codes)), tuple(rows))


KIND = Kind(
    "case_report",
    "Case report",
    "the course of one patient",
    frozenset({"patient", "scales"}),
    find,
    facts=("treatment_days",),
    at_timepoint=False,
)
