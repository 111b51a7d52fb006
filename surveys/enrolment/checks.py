"""What a form's fields cannot check alone: days and years against today, an arm against its protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from wtforms import Form

from surveys.enrolment.form import ContactForm, EnrolmentForm, EpisodeForm
from surveys.i18n import gettext as _
from surveys.models import ProtocolVersion
from surveys.protocols.model import Protocol
from surveys.protocols.store import protocol_of
from surveys.wordings import speaks

OLDEST = 1900


def check_form(form: EnrolmentForm, protocols: Sequence[ProtocolVersion], today: date) -> bool:
    """Validate the fields, then what concerns two of them; what is wrong stands in the fields' errors."""
    if not form.validate():
        return False
    return all([check_contact(form, today), check_episode(form, protocols, today, form.language.data)])


def check_contact(form: ContactForm, today: date) -> bool:
    """Check what the fields alone cannot; call it on a form whose fields are valid."""
    wrong = None if _is_past_year(form.birth_year.data, today) else _("Enter a year from 1900 to this year.")
    return _note(form, {"birth_year": wrong})


def check_episode(form: EpisodeForm, protocols: Sequence[ProtocolVersion], today: date, language: str) -> bool:
    """Check what concerns two fields, and the patient's language; call it on a form whose fields are valid."""
    chosen = next(protocol_of(row) for row in protocols if row.code == form.protocol.data)
    return _note(
        form,
        {
            "protocol": language_problem(chosen, language),
            "arm": None if form.arm.data in {arm.code for arm in chosen.arms} else _("This protocol has no such arm."),
            "enrolled_on": None
            if _is_near(form.enrolled_on.data, today, 0)
            else _("Enter a day that has come, of 1990 or later."),
            "treatment_on": _treatment_problem(form, today),
        },
    )


def language_problem(protocol: Protocol, language: str) -> str | None:
    """Say why a patient of this language cannot be asked: never in another language than their own."""
    spoken = [code for code in protocol.languages if speaks(protocol.instruments, code)]
    if language in spoken:
        return None
    told = {"protocol": protocol.title, "spoken": ", ".join(spoken), "language": language}
    return _("%(protocol)s asks in %(spoken)s, not in %(language)s. Choose another language or protocol.", **told)


def _note(form: Form, problems: Mapping[str, str | None]) -> bool:
    """Put each problem beside its field; True where there is none."""
    for name, problem in problems.items():
        if problem:
            form[name].errors = [problem]
    return not any(problems.values())


def _is_past_year(year: int | None, today: date) -> bool:
    return year is None or OLDEST <= year <= today.year


def _is_near(day: date | None, today: date, days_ahead: int) -> bool:
    """Not before 1990, not further ahead than that."""
    return day is None or (day.year >= 1990 and (day - today).days <= days_ahead)


def _treatment_problem(form: EpisodeForm, today: date) -> str | None:
    day = form.treatment_on.data
    if form.treated.data and day is None:
        return _("Enter the day of the treatment that is done.")
    if not _is_near(day, today, 0 if form.treated.data else 3650):
        return _("Check this date.")
    return None
