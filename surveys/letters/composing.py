"""A mail's subject and both bodies, drawn from a form that many patients share and the slots of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from surveys.i18n import direction
from surveys.letters.letter import Letter
from surveys.letters.words import FOLDER, day_words, kind_of, timepoint_words, words
from surveys.protocols.model import Timepoint, minutes_for
from surveys.safety import SAFETY

SUBJECT_LENGTH = 50  # characters
Asked = tuple[Timepoint | None, bool]  # a questionnaire, and whether the patient has begun it


@dataclass(frozen=True)
class Content:
    """Subject and both bodies of one mail. ``preheader``: what an inbox shows behind the subject."""

    subject: str
    plain: str
    html: str
    preheader: str = ""


@dataclass(frozen=True)
class Form:
    """What a mail's unchanging words depend on: everything but the patient.

    ``kind`` as ``kind_of`` names it; ``minutes`` of all questionnaires together.
    """

    language: str
    kind: str
    clinic: str
    phone: str
    minutes: int
    asked: tuple[Asked, ...]


def compose(of: Letter) -> Content:
    """Render one mail. Names are values, never part of a template."""
    return render(form_of(of), slots_of(of))


def form_of(of: Letter) -> Form:
    """Return what the mail has in common with others."""
    asked = ((of.timepoint, of.started), *((part.timepoint, part.started) for part in of.others))
    kind = kind_of(of.step, *(part.step for part in of.others))
    took = minutes_for(of.screens + sum(part.screens for part in of.others))
    return Form(of.language, kind, of.clinic, of.phone, took, asked)


def slots_of(of: Letter) -> dict[str, str]:
    """Return what is this patient's alone, by slot; the first questionnaire has number 0."""
    slots = {"first_name": of.first_name, "opt_out_url": of.opt_out_url}
    own = [(of.until, of.url)]
    for number, (until, url) in enumerate(own + [(part.until, part.url) for part in of.others]):
        slots[f"until_{number}"], slots[f"url_{number}"] = day_words(until, of.language), url
    return slots


def render(form: Form, slots: Mapping[str, str]) -> Content:
    """Fill the texts of the form's language."""
    said = words(form.language)
    values = _values(form, said) | {"first_name": slots["first_name"], "until": slots["until_0"]}
    texts = {name: text.format_map(values) for name, text in _chosen(form, said).items()}
    subject = texts["subject"] if len(texts["subject"]) <= SUBJECT_LENGTH else texts["subject_short"]
    around = {"language": form.language, "direction": direction(form.language), "opt_out_url": slots["opt_out_url"]}
    drawn = {**texts, **around, "subject": subject, "safety": SAFETY.spoken(form.language)}
    parts = [_part(form, number, slots, said) for number in range(len(form.asked))]
    plain, html = _templates()
    return Content(subject, plain.render(drawn, parts=parts), html.render(drawn, parts=parts), texts["preheader"])


def _values(form: Form, said: dict[str, Any]) -> dict[str, object]:
    """What a text may name; the parts of a date are filled by ``day_words``."""
    return {
        "timepoint": timepoint_words(form.asked[0][0], said["timepoint"]),
        "clinic": form.clinic,
        "phone": form.phone,
        "minutes": form.minutes,
    }


def _chosen(form: Form, said: dict[str, Any]) -> dict[str, str]:
    """The texts for one questionnaire or several, begun or not."""
    several = "several_" if len(form.asked) > 1 else ""
    state = "started" if any(started for _timepoint, started in form.asked) else "new"
    chosen: dict[str, str] = said["shared"] | said[f"{several}subject"] | said[f"{several}{state}"][form.kind]
    return chosen


def _part(form: Form, number: int, slots: Mapping[str, str], said: dict[str, Any]) -> dict[str, str]:
    """One questionnaire: its heading where there are several, its button and its address."""
    timepoint, started = form.asked[number]
    values = {"number": number + 1, "total": len(form.asked), "until": slots[f"until_{number}"]}
    heading = said["part"].format(timepoint=timepoint_words(timepoint, said["timepoint"]), **values)
    return {
        "heading": heading if len(form.asked) > 1 else "",
        "button": said["button"]["started" if started else "new"],
        "url": slots[f"url_{number}"],
    }


@cache
def _templates() -> tuple[Template, Template]:
    drawing = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return drawing.get_template("mail.txt"), drawing.get_template("mail.html")
