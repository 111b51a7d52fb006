"""What opioids a patient takes, as staff type it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, DateField, FloatField, Form, RadioField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from scoring.opioids import Prescription
from surveys.enrolment.fields import choice
from surveys.models.opioid_dose import ROUTES, SAYS
from surveys.outcomes.opioid_words import drug_words, offered_drugs
from surveys.people.opioid_statements import PATCH

ROWS = 4
LEAST, MOST = 0.01, 5000  # of a dose; what it comes to is checked as a whole


def _drugs() -> list[tuple[str, str]]:
    counted, uncounted = offered_drugs()
    return [("", "–"), *((code, drug_words(code)) for code in (*counted, *uncounted))]


def _says() -> list[tuple[str, str]]:
    return [(code, code) for code in SAYS]


class LineForm(Form):
    """One drug; nothing chosen is no line."""

    drug = SelectField(choices=_drugs, default="")
    route = choice(ROUTES)
    amount = FloatField(validators=[Optional(), NumberRange(LEAST, MOST)])
    times_a_day = FloatField(validators=[Optional(), NumberRange(LEAST, 24)])
    as_needed = BooleanField()

    def is_filled(self) -> bool:
        """Whether anything was chosen or typed here."""
        return self.named or bool(self.amount.raw_data and self.amount.raw_data[0])

    @property
    def named(self) -> bool:
        """Whether a drug is chosen."""
        return bool(self.drug.data)

    def prescription(self) -> Prescription:
        """The line as it is kept; a patch works all day, however often it was said to be taken."""
        patch = self.route.data == PATCH
        return Prescription(
            self.drug.data,
            self.route.data,
            "mcg/h" if patch else "mg",
            self.amount.data,
            1 if patch else self.times_a_day.data,
            as_needed=self.as_needed.data,
        )


class StatementForm(Form):
    """Which day, and whether any is taken."""

    on_date = DateField(validators=[InputRequired()])
    says = RadioField(choices=_says, validators=[InputRequired()])


@dataclass(frozen=True, slots=True)
class OpioidForm:
    """The whole form."""

    statement: StatementForm
    lines: Sequence[LineForm]

    @classmethod
    def read(cls, typed: MultiDict[str, str] | None) -> OpioidForm:
        """From what was sent; None: empty."""
        return cls(StatementForm(typed), [LineForm(typed, prefix=f"line{number}-") for number in range(1, ROWS + 1)])

    @property
    def prescriptions(self) -> list[Prescription]:
        """The drugs that were chosen."""
        return [each.prescription() for each in self.lines if each.named]

    def is_valid(self) -> bool:
        """Whether every entry can be read, and none was typed beside a drug that is not chosen."""
        filled = [each for each in self.lines if each.is_filled()]
        wrong = [each for each in (self.statement, *filled) if not each.validate()]
        return not wrong and all(each.named for each in filled)
