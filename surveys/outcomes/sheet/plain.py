"""The sheet as plain text, to be pasted into a chart: lines of at most 100 characters where the words allow."""

from __future__ import annotations

from collections.abc import Iterator

from surveys.i18n import format_day
from surveys.i18n import gettext as _
from surveys.outcomes.opioids import factors_used
from surveys.outcomes.sheet.course import Course, Point
from surveys.outcomes.sheet.drawn import better_words, change_words, value_words
from surveys.outcomes.sheet.sheet import Sheet


def plain_text(sheet: Sheet, told: dict[str, str]) -> str:
    """The whole sheet. ``told``: words for codes (arm, pain generator, products, modes), as the screens have them."""
    parts = [_head(sheet, told), _measures(sheet), _visits(sheet, told), _treatments(sheet, told)]
    parts += [_opioids(sheet), _goal(sheet)]
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part))) + "\n"


def _head(sheet: Sheet, told: dict[str, str]) -> Iterator[str]:
    episode = sheet.view.episode
    number, day = sheet.patient.number, format_day(sheet.day)
    yield _("Patient-reported outcomes, patient no. %(number)s, as of %(day)s", number=number, day=day)
    arm = sheet.protocol.arm(episode.arm).label
    yield f"{sheet.protocol.title}, {arm}"
    generator = told.get(episode.pain_generator, episode.pain_generator)
    yield _("Diagnosis: %(code)s (%(generator)s)", code=episode.diagnosis or _("not known"), generator=generator)
    if sheet.clinician:
        yield _("Clinician: %(name)s", name=sheet.clinician)
    if episode.index_date:
        yield _("Index date: %(day)s", day=format_day(episode.index_date))


def _measures(sheet: Sheet) -> Iterator[str]:
    for measure in sheet.measures:
        course = measure.course
        yield f"{course.scale.label} ({better_words(course)})"
        yield "  " + "; ".join(f"{point.moment.name} {_said(course, point)}" for point in course.points)
        if (latest := course.latest) is not None and latest.signal is not None:
            yield f"  {latest.signal.mark} {latest.signal.word} ({latest.moment.name})"
        yield f"  {_rule(course)}"


def _said(course: Course, point: Point) -> str:
    if point.value is None:
        return _("missing")
    change = change_words(point)
    marked = f"{point.signal.mark} {change}" if point.signal else change
    value = value_words(course.scale, point.value)
    return f"{value} ({marked})" if change else value


def _rule(course: Course) -> str:
    return _("Rule: %(rule)s", rule=course.rule.words)


def _visits(sheet: Sheet, told: dict[str, str]) -> Iterator[str]:
    yield _("Visits")
    for visit in sheet.visits:
        moment = visit.moment
        if moment.how is None:
            yield "  " + _("%(visit)s: no answer, due %(day)s", visit=moment.name, day=format_day(moment.on))
        else:
            late = ", " + _("late") if moment.late else ""
            yield f"  {moment.name}: {format_day(moment.on)}, {told.get(moment.how, moment.how)}{late}"


def _treatments(sheet: Sheet, told: dict[str, str]) -> Iterator[str]:
    done = [each for each in sheet.view.treatments if each.state == "done"]
    if done:
        yield _("Treatments")
    for each in done:
        parts = [format_day(each.on_date), told.get(each.product, each.product), each.levels]
        if each.total_nucleated_cells is not None:
            parts.append(_("%(n)g million cells", n=each.total_nucleated_cells))
        yield "  " + ", ".join(part for part in parts if part)
    for event in sheet.view.endpoints:
        yield f"  {format_day(event.on_date)}, {told.get(event.kind, event.kind)}"


def _opioids(sheet: Sheet) -> Iterator[str]:
    """A dose says by which factors it was worked out."""
    if sheet.view.opioids:
        yield _("Opioids (MME by %(table)s)", table=factors_used())
    for each in reversed(sheet.view.opioids):
        yield "  " + ", ".join([format_day(each.on), *each.lines, each.dose])


def _goal(sheet: Sheet) -> Iterator[str]:
    standing = next((each for each in sheet.goals if each.goal.ended_on is None and each.words), None)
    if standing is None:
        return
    yield _("The patient's own goal: %(words)s", words=standing.words)
    if standing.ratings:
        rated = "; ".join(f"{format_day(each.on_date)} {each.rating}/10" for each in standing.ratings)
        yield "  " + _("Reached, 0 to 10: %(ratings)s", ratings=rated)
