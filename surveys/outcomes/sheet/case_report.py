"""One patient as a case report: each value at its own visit, what is missing said to be missing, nothing worked out.

The form of the two published reports (Darrow et al. 2018): resting and active pain, functionality and the improvement
that the patient stated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from scoring.instrument import Scale
from surveys.i18n import gettext as _
from surveys.i18n import ngettext
from surveys.outcomes.level_words import said_level
from surveys.outcomes.sheet.course import Point
from surveys.outcomes.sheet.drawn import better_words, number_words
from surveys.outcomes.sheet.sheet import Sheet, SheetVisit


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One visit. ``day``: days from the first treatment, None before there is one.

    ``cells``: None is missing; what was not asked says so.
    """

    visit: str
    day: int | None
    cells: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class CaseReport:
    """The report: who in words without a name, what was given, a row for each visit, and how to read it."""

    columns: tuple[tuple[str, str], ...]  # the measure, which way is better
    rows: tuple[ReportRow, ...]
    sentences: tuple[str, ...]
    notes: tuple[str, ...]


def case_report(sheet: Sheet, told: Mapping[str, str]) -> CaseReport:
    """Put the report together. ``told``: words for codes, as the screens have them."""
    visits = [visit for visit in sheet.visits if visit.moment.state in ("sent", "missed") or visit.moment.how]
    columns = tuple((each.course.scale.label, better_words(each.course)) for each in sheet.measures)
    rows = tuple(_row(sheet, visit) for visit in visits)
    sentences = (*_who(sheet, told), *_given(sheet, told), *(_visit_sentence(sheet, visit) for visit in visits))
    return CaseReport(columns, rows, sentences, tuple(_notes(sheet)))


def value_words(scale: Scale, value: float) -> str:
    """A value with what it is out of."""
    if said := said_level(scale.code, value):
        return f"{number_words(value)} ({said})"
    if scale.unit == "%":
        return f"{number_words(value)} %"
    if scale.minimum == 0 and scale.maximum > 1:
        return _("%(value)s of %(most)g", value=number_words(value), most=scale.maximum)
    return number_words(value)


def _row(sheet: Sheet, visit: SheetVisit) -> ReportRow:
    first = _first_day(sheet)
    day = (visit.moment.on - first).days if first and visit.moment.how else None
    return ReportRow(visit.moment.name, day, tuple(map(_cell, sheet.measures_at(visit))))


def _cell(pair: tuple[Scale, Point | None]) -> str | None:
    scale, point = pair
    if point is None:
        return _("not asked")
    return None if point.value is None else value_words(scale, point.value)


def _first_day(sheet: Sheet) -> date | None:
    return min((each.on_date for each in sheet.view.treatments if each.state == "done"), default=None)


def _who(sheet: Sheet, told: Mapping[str, str]) -> Iterator[str]:
    episode = sheet.view.episode
    why = told.get(episode.pain_generator, episode.pain_generator)
    what = f"{why} ({episode.diagnosis})" if episode.diagnosis else why
    if episode.age is None:
        yield _("A patient with %(what)s.", what=what)
    else:
        yield _("A patient of %(age)d years with %(what)s.", age=episode.age, what=what)


def _given(sheet: Sheet, told: Mapping[str, str]) -> Iterator[str]:
    done = [each for each in sheet.view.treatments if each.state == "done"]
    if not done:
        yield _("No treatment is done yet.")
        return
    products = ", ".join(dict.fromkeys(told.get(each.product, each.product) for each in done))
    times = ngettext("One treatment", "%(num)d treatments", len(done))
    days = (max(each.on_date for each in done) - min(each.on_date for each in done)).days
    span = _(" within %(days)d days", days=days) if len(done) > 1 else ""
    yield f"{times}{span}: {products}."


def _visit_sentence(sheet: Sheet, visit: SheetVisit) -> str:
    pairs = sheet.measures_at(visit)
    asked = [(scale, point.value) for scale, point in pairs if point is not None]
    known = [f"{scale.label} {value_words(scale, value)}" for scale, value in asked if value is not None]
    absent = ", ".join(scale.label for scale, value in asked if value is None)
    unasked = ", ".join(scale.label for scale, point in pairs if point is None)
    said = [f"{visit.moment.name}: " + (", ".join(known) if known else _("no values")) + "."]
    said += [_("Missing: %(what)s.", what=absent)] if absent else []
    return " ".join([*said, *([_("Not asked: %(what)s.", what=unasked)] if unasked else [])])


def _notes(sheet: Sheet) -> Iterator[str]:
    yield _("Each value belongs to the visit at which it was given; none is carried to another visit.")
    if any(each.course.scale.code == "improvement" for each in sheet.measures):
        yield _("Percent improvement is as the patient stated it; it was not worked out from scores.")
    yield _("One patient's course does not show what would have happened without treatment, or what others can expect.")
