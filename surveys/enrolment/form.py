"""Staff forms about a patient: the browser and each line of a CSV are read by the same rules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, DateField, Field, FloatField, Form, IntegerField, SelectField
from wtforms.validators import NumberRange, Optional, ValidationError

from surveys.channels.telephone import international
from surveys.enrolment.clinicians import CareForm, offer_clinicians
from surveys.enrolment.enrolment import Enrolment
from surveys.enrolment.fields import choice, text_field
from surveys.i18n import LANGUAGE_NAMES
from surveys.i18n import gettext as _
from surveys.models import Clinic, ProtocolVersion, Staff
from surveys.models.episode import PAIN_GENERATORS, PRODUCTS
from surveys.pathway.episodes import EpisodeDetails, TreatmentDetails
from surveys.people.patients import PERMISSIONS, PatientDetails
from surveys.protocols.store import protocol_of
from surveys.time_zones import is_place

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{4,30}")
USUAL = "spine"  # the registry: offered first, and meant where a file names no protocol
DOSES = ("total_nucleated_cells", "cfu_f", "cd34", "platelets")
SAME = ("chart_number", "first_name", "surname", "email", "phone", "birth_year", "language", "channel")


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
        doses = {name: self[name].data for name in DOSES}
        return TreatmentDetails(self.treatment_on.data, self.product.data, levels=self.levels.data, **doses)


class EpisodeForm(TreatmentForm, CareForm):
    """Protocol, arm, diagnosis and covariates, with the treatment where it is known."""

    protocol = SelectField()
    arm = SelectField()
    pain_generator = choice(PAIN_GENERATORS)
    enrolled_on = DateField(validators=[Optional()])
    age = IntegerField(validators=[Optional(), NumberRange(0, 120)])
    bmi = FloatField(validators=[Optional(), NumberRange(10, 90)])
    opioid_use = choice(("yes", "no"), unknown=True)
    smoking = choice(("yes", "no"), unknown=True)
    treated = BooleanField()

    def episode(self, today: date) -> EpisodeDetails:
        """What was said of the episode; call it on a valid form only."""
        habits = {name: {"yes": True, "no": False}.get(self[name].data) for name in ("opioid_use", "smoking")}
        return EpisodeDetails(
            arm=self.arm.data,
            pain_generator=self.pain_generator.data,
            enrolled_on=self.enrolled_on.data or today,
            age=self.age.data,
            bmi=self.bmi.data,
            **habits,
            diagnosis=self.diagnosis.data,
            clinician_id=self.clinician_id,
        )


class ContactForm(Form):
    """Who the patient is, where to reach them, and what the clinic may do.

    ``texts``: whether this installation can send text messages.
    """

    texts = True

    chart_number = text_field(40, required=True)
    first_name = text_field(100, required=True)
    surname = text_field(100, required=True)
    email = text_field(254)
    phone = text_field(32)
    sex = choice(("female", "male", "other"), unknown=True)
    birth_year = IntegerField(validators=[Optional()])
    language = SelectField()
    time_zone = text_field(60)
    channel = choice(("email", "sms", "none"))
    contact_email = BooleanField()
    contact_sms = BooleanField()
    contact_phone = BooleanField()

    def validate_email(self, field: Field) -> None:
        """Only what a mail can be sent to: no comma, no line break, one address."""
        if field.data and not ADDRESS.fullmatch(field.data):
            raise ValidationError(_("This is not an e-mail address. Check for missing parts and spaces."))

    def validate_phone(self, field: Field) -> None:
        """Digits, spaces and the usual marks."""
        if field.data and not PHONE.fullmatch(field.data):
            raise ValidationError(_("This is not a telephone number. Use digits, with + in front of a country code."))

    def validate_channel(self, field: Field) -> None:
        """Mail needs an address; a text needs a gateway, and a number that says its country."""
        if field.data == "email" and not self.email.data:
            raise ValidationError(_("Enter an e-mail address, or choose that nothing is sent."))
        if field.data == "sms" and not self.texts:
            raise ValidationError(_("Text messages are not set up here. Choose e-mail, or that nothing is sent."))
        if field.data == "sms" and international(self.phone.data or "") is None:
            raise ValidationError(_("Texts need a number with its country: enter it with +, such as +44 7700 900123."))

    def validate_time_zone(self, field: Field) -> None:
        """Only places of the IANA database."""
        if field.data and not is_place(field.data):
            raise ValidationError(_("This is not a time zone. Use a name such as Europe/Madrid."))

    def details(self, clinic: Clinic) -> PatientDetails:
        """What was said of the person; call it on a valid form only."""
        zone = self.time_zone.data or clinic.time_zone
        return PatientDetails(**{name: self[name].data for name in SAME}, sex=self.sex.data or None, time_zone=zone)

    def permissions(self) -> frozenset[str]:
        """The contact permissions that are ticked."""
        return frozenset(kind for kind in PERMISSIONS if self[kind].data)


class EnrolmentForm(ContactForm, EpisodeForm):
    """A patient, what the clinic may do, the episode and the treatment."""

    anyway = BooleanField()

    def enrolment(self, clinic: Clinic, today: date) -> Enrolment:
        """What was said; call it on a valid form only."""
        return Enrolment(
            details=self.details(clinic),
            permissions=self.permissions(),
            protocol=self.protocol.data,
            episode=self.episode(today),
            treatment=self.treatment(),
            treated=self.treated.data,
        )


def enrolment_form(
    typed: MultiDict[str, str] | None,
    clinic: Clinic,
    protocols: Sequence[ProtocolVersion],
    people: Sequence[Staff],
    *,
    texts: bool = True,
) -> EnrolmentForm:
    """The form with the clinic's protocols, arms, languages and clinicians to choose from."""
    form = EnrolmentForm(typed)
    form.texts = texts
    offer_clinicians(form, people)
    offer_languages(form, clinic)
    offer_protocols(form, protocols)
    return form


def offer_languages(form: ContactForm, clinic: Clinic) -> None:
    """Let the clinic's languages be chosen."""
    form.language.choices = [(code, LANGUAGE_NAMES.get(code, code)) for code in clinic.languages]


def offer_protocols(form: EpisodeForm, protocols: Sequence[ProtocolVersion]) -> None:
    """Let the clinic's protocols and their arms be chosen, the usual one first; each arm says whose it is."""
    known = sorted(map(protocol_of, protocols), key=lambda protocol: (protocol.code != USUAL, protocol.title))
    form.protocol.choices = [(protocol.code, protocol.title) for protocol in known]
    labels = {arm.code: arm.label for protocol in reversed(known) for arm in protocol.arms}
    owners = {code: [each.title for each in known if code in {arm.code for arm in each.arms}] for code in labels}
    arms = dict.fromkeys(arm.code for protocol in known for arm in protocol.arms)
    form.arm.choices = [(code, f"{labels[code]} ({', '.join(owners[code])})") for code in arms]
