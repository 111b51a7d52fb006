"""The enrolment form: the browser and each line of a CSV are read by the same rules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from zoneinfo import available_timezones

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, DateField, Field, FloatField, Form, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from surveys.enrolment.enrolment import Enrolment
from surveys.i18n import LazyText
from surveys.i18n import gettext as _
from surveys.models import Clinic, ProtocolVersion
from surveys.models.episode import PAIN_GENERATORS, PRODUCTS
from surveys.pathway.episodes import EpisodeDetails, TreatmentDetails
from surveys.people.patients import PatientDetails
from surveys.protocols.store import protocol_of

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{4,30}")
OLDEST = 1900
LABELS = {
    "treated": LazyText("Treated"),
    "disc_herniation": LazyText("Disc herniation"),
    "annular_tear": LazyText("Annular tear"),
    "bulge": LazyText("Disc bulge"),
    "degeneration": LazyText("Disc degeneration"),
    "stenosis": LazyText("Stenosis"),
    "facet": LazyText("Facet joint"),
    "si_joint": LazyText("Sacroiliac joint"),
    "muscle_or_ligament": LazyText("Muscle or ligament"),
    "bone_marrow_concentrate": LazyText("Bone marrow concentrate"),
    "prp": LazyText("Platelet-rich plasma"),
    "platelet_lysate": LazyText("Platelet lysate"),
    "cultured_cells": LazyText("Cultured cells"),
    "conventional": LazyText("Conventional care (decision date)"),
    "other": LazyText("Other"),
}


def label(code: str) -> str:
    """The words staff read for a code."""
    return str(LABELS.get(code, code.replace("_", " ")))


def strip(value: str | None) -> str | None:
    """Without outer spaces; nothing left is None."""
    return (value or "").strip() or None


def plain(_form: Form, field: Field) -> None:
    """Refuse control characters, directions and halves of characters, which no name has."""
    if any(not (ch.isprintable() or ch == "\u00ad") or 0xD800 <= ord(ch) <= 0xDFFF for ch in field.data or ""):
        raise ValidationError(_("This holds characters that cannot be stored. Type it again by hand."))


def text_field(longest: int, *, required: bool = False) -> StringField:
    """A line of text without outer spaces."""
    needed = InputRequired(_("Fill this in.")) if required else Optional()
    return StringField(filters=[strip], validators=[needed, Length(max=longest), plain])


def choice(codes: Sequence[str], *, unknown: bool = False) -> SelectField:
    """One of the codes, named in the reader's language; ``unknown`` also allows none."""

    def offered() -> list[tuple[str, str]]:
        first = [("", _("not known"))] if unknown else []
        return [*first, *((code, label(code)) for code in codes)]

    return SelectField(choices=offered, default="" if unknown else None)


class TreatmentForm(Form):
    """A treatment: date and product, the rest where known."""

    treatment_on = DateField(validators=[Optional()])
    product = choice(PRODUCTS)
    levels = text_field(100)
    total_nucleated_cells = FloatField(validators=[Optional(), NumberRange(0, 1e6)])
    cfu_f = FloatField(validators=[Optional(), NumberRange(0, 1e9)])
    cd34 = FloatField(validators=[Optional(), NumberRange(0, 1e6)])
    platelets = FloatField(validators=[Optional(), NumberRange(0, 1e6)])

    def treatment(self) -> TreatmentDetails | None:
        """The treatment, or None without a date."""
        if self.treatment_on.data is None:
            return None
        doses = {name: self[name].data for name in ("total_nucleated_cells", "cfu_f", "cd34", "platelets")}
        return TreatmentDetails(self.treatment_on.data, self.product.data, levels=self.levels.data, **doses)


class EnrolmentForm(TreatmentForm):
    """A patient, what the clinic may do, the episode and the treatment."""

    chart_number = text_field(40, required=True)
    first_name = text_field(100, required=True)
    surname = text_field(100, required=True)
    email = text_field(254)
    phone = text_field(32)
    sex = choice(("female", "male", "other"), unknown=True)
    birth_year = IntegerField(validators=[Optional()])
    language = SelectField()
    time_zone = text_field(60)
    channel = choice(("email", "none"))
    contact_email = BooleanField()
    contact_phone = BooleanField()
    protocol = SelectField()
    arm = SelectField()
    pain_generator = choice(PAIN_GENERATORS)
    enrolled_on = DateField(validators=[Optional()])
    age = IntegerField(validators=[Optional(), NumberRange(0, 120)])
    bmi = FloatField(validators=[Optional(), NumberRange(10, 90)])
    opioid_use = choice(("yes", "no"), unknown=True)
    smoking = choice(("yes", "no"), unknown=True)
    treated = BooleanField()
    anyway = BooleanField()

    def validate_email(self, field: Field) -> None:
        """Only what a mail can be sent to: no comma, no line break, one address."""
        if field.data and not ADDRESS.fullmatch(field.data):
            raise ValidationError(_("This is not an e-mail address. Check for missing parts and spaces."))

    def validate_phone(self, field: Field) -> None:
        """Digits, spaces and the usual marks."""
        if field.data and not PHONE.fullmatch(field.data):
            raise ValidationError(_("This is not a telephone number. Use digits, with + in front of a country code."))

    def validate_channel(self, field: Field) -> None:
        """Mail needs an address."""
        if field.data == "email" and not self.email.data:
            raise ValidationError(_("Enter an e-mail address, or choose that nothing is sent."))

    def validate_time_zone(self, field: Field) -> None:
        """Only zones of the IANA database."""
        if field.data and field.data not in available_timezones():
            raise ValidationError(_("This is not a time zone. Use a name such as Europe/Madrid."))

    def enrolment(self, clinic: Clinic, today: date) -> Enrolment:
        """What was said; call it on a valid form only."""
        return Enrolment(
            details=self._details(clinic),
            permissions=frozenset(kind for kind in ("contact_email", "contact_phone") if self[kind].data),
            protocol=self.protocol.data,
            episode=self._episode(today),
            treatment=self.treatment(),
            treated=self.treated.data,
        )

    def _details(self, clinic: Clinic) -> PatientDetails:
        same = ("chart_number", "first_name", "surname", "email", "phone", "birth_year", "language", "channel")
        zone = self.time_zone.data or clinic.time_zone
        return PatientDetails(**{name: self[name].data for name in same}, sex=self.sex.data or None, time_zone=zone)

    def _episode(self, today: date) -> EpisodeDetails:
        habits = {name: {"yes": True, "no": False}.get(self[name].data) for name in ("opioid_use", "smoking")}
        return EpisodeDetails(
            arm=self.arm.data,
            pain_generator=self.pain_generator.data,
            enrolled_on=self.enrolled_on.data or today,
            age=self.age.data,
            bmi=self.bmi.data,
            **habits,
        )


def enrolment_form(
    typed: MultiDict[str, str] | None, clinic: Clinic, protocols: Sequence[ProtocolVersion]
) -> EnrolmentForm:
    """The form with the clinic's protocols, arms and languages to choose from."""
    form = EnrolmentForm(typed)
    form.language.choices = [(code, code) for code in clinic.languages]
    form.protocol.choices = [(row.code, protocol_of(row).title) for row in protocols]
    arms = {arm.code: arm.label for row in protocols for arm in protocol_of(row).arms}
    form.arm.choices = list(arms.items())
    return form


def check_form(form: EnrolmentForm, protocols: Sequence[ProtocolVersion], today: date) -> bool:
    """Validate the fields, then what concerns two of them; what is wrong stands in the fields' errors."""
    if not form.validate():
        return False
    chosen = next(protocol_of(row) for row in protocols if row.code == form.protocol.data)
    problems = {
        "arm": form.arm.data not in {arm.code for arm in chosen.arms} and _("This protocol has no such arm."),
        "birth_year": not _is_past_year(form.birth_year.data, today) and _("Enter a year from 1900 to this year."),
        "enrolled_on": not _is_near(form.enrolled_on.data, today, 0) and _("Enter a day that has come."),
        "treatment_on": _treatment_problem(form, today),
    }
    for name, problem in problems.items():
        if problem:
            form[name].errors = [problem]
    return not any(problems.values())


def _is_past_year(year: int | None, today: date) -> bool:
    return year is None or OLDEST <= year <= today.year


def _is_near(day: date | None, today: date, days_ahead: int) -> bool:
    """Not before 1990, not further ahead than that."""
    return day is None or (day.year >= 1990 and (day - today).days <= days_ahead)


def _treatment_problem(form: EnrolmentForm, today: date) -> str | None:
    day = form.treatment_on.data
    if form.treated.data and day is None:
        return _("Enter the day of the treatment that is done.")
    if not _is_near(day, today, 0 if form.treated.data else 3650):
        return _("Check this date.")
    return None
