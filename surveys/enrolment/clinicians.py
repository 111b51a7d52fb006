"""The clinicians a patient can be treated by, and the ICD-10 codes of what for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import Field, Form, SelectField, StringField
from wtforms.validators import Optional, ValidationError

from surveys.enrolment.fields import strip
from surveys.i18n import gettext as _
from surveys.models import Episode, Staff
from surveys.models.episode import ICD_10

CODE = re.compile(ICD_10)


def clinicians(session: Session) -> Sequence[Staff]:
    """Return the clinicians who work here now, by name."""
    here = select(Staff).where(Staff.role == "clinician", Staff.disabled_at.is_(None))
    return session.scalars(here.order_by(Staff.name, Staff.login)).all()


def clinicians_for(session: Session, episode: Episode) -> Sequence[Staff]:
    """Return those, and who treats the episode even where that person has left or changed the role."""
    treats = session.get(Staff, episode.clinician_id) if episode.clinician_id else None
    here = clinicians(session)
    return here if treats is None or treats in here else [*here, treats]


def _upper(value: str | None) -> str | None:
    """``m51.1`` is what hands type; None stays None."""
    stripped = strip(value)
    return stripped.upper() if stripped else None


class CareForm(Form):
    """What a patient is treated for and by whom. ``clinician`` is a login, as a file names a person."""

    people: Mapping[str, UUID] = MappingProxyType({})  # by login

    diagnosis = StringField(filters=[_upper], validators=[Optional()])
    clinician = SelectField(default="", validate_choice=False)

    def validate_diagnosis(self, field: Field) -> None:
        """One ICD-10 code."""
        if field.data and not CODE.fullmatch(field.data):
            raise ValidationError(
                _("This is not an ICD-10 code. It begins with a letter and two digits, such as M51.1.")
            )

    def validate_clinician(self, field: Field) -> None:
        """Somebody who works here as a clinician, or nobody."""
        if field.data and field.data not in self.people:
            raise ValidationError(_("No clinician here has this login. Leave it empty where it is not known."))

    @property
    def clinician_id(self) -> UUID | None:
        """Who is meant; call it on a valid form only."""
        return self.people.get(self.clinician.data or "")


def offer_clinicians(form: CareForm, people: Sequence[Staff]) -> None:
    """Let them be chosen, or nobody."""
    form.people = {person.login: person.id for person in people}
    form.clinician.choices = [("", _("not known")), *((person.login, person.name) for person in people)]
