"""What fills the texts of one message, gathered from the facts of its visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from surveys.answering.battery import battery_of
from surveys.i18n import LANGUAGES
from surveys.outbox import Situation
from surveys.protocols.model import Timepoint


@dataclass(frozen=True)
class Part:
    """A further questionnaire of the same patient that goes in the same message; fields as in ``Letter``."""

    timepoint: Timepoint | None
    screens: int
    step: str
    started: bool
    until: date
    url: str


@dataclass(frozen=True)
class Letter:
    """One message. ``timepoint`` is None for an unscheduled visit; ``until`` is the last day."""

    language: str
    step: str
    started: bool
    timepoint: Timepoint | None
    screens: int
    first_name: str
    clinic: str
    phone: str
    until: date
    url: str
    opt_out_url: str
    others: tuple[Part, ...] = ()


def letter(
    facts: Situation, first_name: str, url: str, opt_out_url: str, others: tuple[tuple[Situation, str], ...] = ()
) -> Letter:
    """Gather one message's values; ``others``: the situations and addresses of what goes along."""
    return Letter(
        language=facts.patient.language if facts.patient.language in LANGUAGES else "en",
        step=facts.message.step,
        started=facts.started,
        timepoint=_timepoint(facts),
        screens=_screens(facts),
        first_name=" ".join(first_name.split()),
        clinic=facts.clinic.sender_name,
        phone=facts.clinic.phone,
        until=_last_day(facts),
        url=url,
        opt_out_url=opt_out_url,
        others=tuple(_part(each, address) for each, address in others),
    )


def _part(facts: Situation, url: str) -> Part:
    return Part(_timepoint(facts), _screens(facts), facts.message.step, facts.started, _last_day(facts), url)


def _screens(facts: Situation) -> int:
    return sum(len(entry.items) for entry in battery_of(facts.protocol, facts.visit.timepoint))


def _timepoint(facts: Situation) -> Timepoint | None:
    known = {timepoint.code: timepoint for timepoint in facts.protocol.timepoints}
    return known.get(facts.visit.timepoint)


def _last_day(facts: Situation) -> date:
    """The day in the patient's zone that the window's end follows."""
    last_moment = facts.visit.closes_at - timedelta(seconds=1)
    return last_moment.astimezone(ZoneInfo(facts.patient.time_zone)).date()
