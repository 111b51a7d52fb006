"""A mail's texts by language, step and whether the patient has begun: neutral, plain text first."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from surveys.i18n import LANGUAGES, direction
from surveys.outbox import Situation
from surveys.protocols.model import Timepoint
from surveys.safety import SAFETY

FOLDER = Path(__file__).parents[1] / "templates" / "email"
SUBJECT_LENGTH = 50  # characters
SCREENS_PER_MINUTE = 6


@dataclass(frozen=True)
class Content:
    """Subject and both bodies of one mail."""

    subject: str
    plain: str
    html: str


@dataclass(frozen=True)
class Letter:
    """What fills the texts. ``timepoint`` is None for an unscheduled visit; ``until`` is the last day."""

    language: str
    step: str
    started: bool
    timepoint: Timepoint | None
    first_name: str
    clinic: str
    phone: str
    until: date
    url: str
    opt_out_url: str


def letter(facts: Situation, first_name: str, url: str, opt_out_url: str) -> Letter:
    """Gather one mail's values; the last day is the day in the patient's zone that the window's end follows."""
    known = {timepoint.code: timepoint for timepoint in facts.protocol.timepoints}
    last_moment = facts.visit.closes_at - timedelta(seconds=1)
    return Letter(
        language=facts.patient.language if facts.patient.language in LANGUAGES else "en",
        step=facts.message.step,
        started=facts.started,
        timepoint=known.get(facts.visit.timepoint),
        first_name=first_name,
        clinic=facts.clinic.sender_name,
        phone=facts.clinic.phone,
        until=last_moment.astimezone(ZoneInfo(facts.patient.time_zone)).date(),
        url=url,
        opt_out_url=opt_out_url,
    )


def compose(of: Letter) -> Content:
    """Render one mail. Names are values, never part of a template."""
    words = _words(of.language)
    values = _values(of, words)
    subject = words["subject"].format_map(values)
    if len(subject) > SUBJECT_LENGTH:
        subject = words["subject_short"].format_map(values)
    kind = words["started" if of.started else "new"][_kind(of.step)]
    texts = {name: text.format_map(values) for name, text in {**words, **kind}.items() if isinstance(text, str)}
    texts["button"] = texts["button_started" if of.started else "button_new"]
    addresses = {"url": of.url, "opt_out_url": of.opt_out_url, "language": of.language, "subject": subject}
    texts |= {"safety": SAFETY.spoken(of.language), "direction": direction(of.language)}
    plain, html = _templates()
    return Content(subject, plain.render(texts | addresses), html.render(texts | addresses))


def _values(of: Letter, words: dict[str, Any]) -> dict[str, Any]:
    month = words["months"][of.until.month - 1]
    return {
        "timepoint": timepoint_words(of.timepoint, words["timepoint"]),
        "clinic": of.clinic,
        "first_name": of.first_name,
        "phone": of.phone,
        "minutes": math.ceil((of.timepoint.screens if of.timepoint else SCREENS_PER_MINUTE) / SCREENS_PER_MINUTE),
        "until": words["date"].format(day=of.until.day, month=month, year=of.until.year),
        "day": "",
        "month": "",
        "year": "",
    }


def timepoint_words(timepoint: Timepoint | None, words: dict[str, str]) -> str:
    """Return such as ``3-month``; full years by the year."""
    if timepoint is None:
        return words["other"]
    if timepoint.weeks:
        return words["weeks"].format(n=timepoint.weeks)
    if not timepoint.months:
        return words["baseline"]
    if timepoint.months % 12 == 0 and timepoint.months > 12:
        return words["years"].format(n=timepoint.months // 12)
    form = "month" if timepoint.months == 1 and "month" in words else "months"
    return words[form].format(n=timepoint.months)


def _kind(step: str) -> str:
    return {"invitation": "invitation", "reminder_3": "last"}.get(step, "reminder")


@cache
def _words(language: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


@cache
def _templates() -> tuple[Template, Template]:
    loader = FileSystemLoader(FOLDER)
    drawing = Environment(loader=loader, autoescape=select_autoescape(["html"]), undefined=StrictUndefined)
    return drawing.get_template("mail.txt"), drawing.get_template("mail.html")
