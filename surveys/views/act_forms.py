"""What staff fill in on a patient's page: a treatment settled, a date put right, an ending, an endpoint."""

from __future__ import annotations

from wtforms import DateField, Form, IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from surveys.enrolment.clinicians import CareForm
from surveys.enrolment.fields import choice, text_field
from surveys.models.episode import ENDINGS
from surveys.pathway.adverse import KINDS, RELATEDNESS


class SettleForm(Form):
    """Whether a planned treatment took place, and on which day."""

    state = choice(("done", "cancelled"))
    on_date = DateField(validators=[Optional()])


class IndexForm(Form):
    """The right index date and why it was wrong."""

    on_date = DateField(validators=[InputRequired()])
    reason = text_field(500, required=True)


class CorrectionForm(CareForm):
    """The right diagnosis and clinician, and why they were wrong where that is worth saying."""

    reason = text_field(500)


class EndingForm(Form):
    """How contact or follow-up ended."""

    kind = choice(ENDINGS)
    on_date = DateField(validators=[InputRequired()])
    reason = text_field(500)


class EndpointForm(Form):
    """Something that happened to the patient."""

    kind = choice(("surgery", "further_treatment", "rescue_injection", "adverse_event"))
    on_date = DateField(validators=[InputRequired()])
    severity = IntegerField(validators=[Optional(), NumberRange(1, 5)])
    event = choice(KINDS, unknown=True)
    serious = choice(("yes", "no"), unknown=True)
    related = choice(RELATEDNESS, unknown=True)
