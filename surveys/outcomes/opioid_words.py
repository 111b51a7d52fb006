"""Opioid statements in words: what is taken, what it comes to, and to which visit it belongs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from scoring.opioid_table import current_table
from scoring.opioids import Obstacle, Prescription
from surveys.i18n import LazyText
from surveys.i18n import gettext as _
from surveys.models import Visit
from surveys.outcomes.opioids import NOON
from surveys.people.opioid_statements import PATCH, UNCOUNTED, Statement

DRUGS: Mapping[str, LazyText] = MappingProxyType(
    {
        "another opioid": LazyText("another opioid"),
        "buprenorphine": LazyText("buprenorphine"),
        "codeine": LazyText("codeine"),
        "dihydrocodeine": LazyText("dihydrocodeine"),
        "fentanyl": LazyText("fentanyl"),
        "hydrocodone": LazyText("hydrocodone"),
        "hydromorphone": LazyText("hydromorphone"),
        "levorphanol": LazyText("levorphanol"),
        "meperidine": LazyText("meperidine (pethidine)"),
        "methadone": LazyText("methadone"),
        "morphine": LazyText("morphine"),
        "oxycodone": LazyText("oxycodone"),
        "oxymorphone": LazyText("oxymorphone"),
        "pentazocine": LazyText("pentazocine"),
        "tapentadol": LazyText("tapentadol"),
        "tilidine": LazyText("tilidine"),
        "tramadol": LazyText("tramadol"),
    }
)
WHY: Mapping[str, LazyText] = MappingProxyType(
    {
        "no_factor_at_all": LazyText("%(drug)s has no factor: it is a partial agonist"),
        "no_factor_by_route": LazyText("%(drug)s has no factor by this route"),
        "no_factor": LazyText("%(drug)s has no factor"),
        "as_needed": LazyText("%(drug)s is taken as needed"),
        "unknown_dose": LazyText("the dose of %(drug)s is not known"),
    }
)


@dataclass(frozen=True, slots=True)
class Told:
    """A statement with the visit in whose window it is the last; None where it belongs to no visit."""

    statement: Statement
    visit: Visit | None

    @property
    def on(self) -> date:
        """The day it tells of."""
        return self.statement.on_date

    @property
    def dose(self) -> str:
        """What it comes to."""
        return dose_words(self.statement)

    @property
    def lines(self) -> list[str]:
        """What is taken."""
        return [line_words(each) for each in self.statement.lines]


def offered_drugs() -> tuple[Sequence[str], Sequence[str]]:
    """Codes of the drugs to choose from: those with a factor, and those that never come to a dose."""
    table = current_table()
    return table.drugs, (*sorted(table.not_evaluable), *UNCOUNTED)


def told_of(statements: Sequence[Statement], visits: Sequence[Visit], zone: ZoneInfo) -> list[Told]:
    """The statements, in their order, with their visits."""
    last = dict(_last_of_visits(statements, visits, zone))
    return [Told(each, last.get(each.on_date)) for each in statements]


def _last_of_visits(
    statements: Sequence[Statement], visits: Sequence[Visit], zone: ZoneInfo
) -> Iterator[tuple[date, Visit]]:
    for visit in visits:
        inside = [each.on_date for each in statements if _holds(visit, each.on_date, zone)]
        if inside and visit.cancelled_at is None:
            yield max(inside), visit


def _holds(visit: Visit, day: date, zone: ZoneInfo) -> bool:
    return visit.opens_at <= datetime.combine(day, NOON, zone) < visit.closes_at


def drug_words(code: str) -> str:
    """A drug's name."""
    return str(DRUGS.get(code, code))


def line_words(line: Prescription) -> str:
    """One drug with its dose."""
    parts = [drug_words(line.drug), _amount(line)]
    if line.as_needed:
        parts.append(_("as needed"))
    return ", ".join(part for part in parts if part)


def _amount(line: Prescription) -> str:
    if line.amount is None:
        return _("dose not known")
    if line.route == PATCH:
        return _("patch, %(n)g mcg an hour", n=line.amount)
    often = "" if line.times_a_day is None else " × " + _("%(n)g a day", n=line.times_a_day)
    by = "" if line.route == "oral" else " " + _("(not by mouth)")
    return _("%(n)g mg", n=line.amount) + often + by


def dose_words(statement: Statement) -> str:
    """MME a day, or why there is no number."""
    mme = statement.dose.mme
    if mme is not None:
        return _("%(n)g MME a day", n=round(mme, 1)) if statement.lines else _("takes none")
    return _("MME not evaluable: %(why)s", why="; ".join(_why(each) for each in statement.obstacles))


def _why(obstacle: Obstacle) -> str:
    known = WHY.get(obstacle.code)
    return obstacle.words if known is None else str(known) % {"drug": drug_words(obstacle.drug)}
