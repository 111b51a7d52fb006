"""The form that says who answers for alerts: what an admin may choose, and how a row stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from decimal import Decimal, InvalidOperation
from uuid import UUID

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, Form, IntegerField, SelectField, SelectMultipleField, TimeField
from wtforms.validators import InputRequired, NumberRange, ValidationError

from scoring.deterioration import Deterioration
from scoring.errors import RuleError
from scoring.individual import Amount
from surveys.alerts.rules import SCALES, Rules, offered, read_rules
from surveys.alerts.settings import MOST_HOURS, Choice
from surveys.enrolment.fields import text_field
from surveys.i18n import gettext as _
from surveys.models import AlertSettings, Staff
from surveys.views.alert_words import WEEKDAYS

NEVER = time(0)
LONGEST_AMOUNT, LONGEST_SOURCE = 12, 200


class AlertForm(Form):
    """Who looks, when and how soon; ``worse_…`` and ``source_…`` by scale are added below, both empty for off."""

    enabled = BooleanField()
    owner = SelectField()
    deputy = SelectField()
    weekdays = SelectMultipleField(choices=lambda: [(str(number), str(day)) for number, day in enumerate(WEEKDAYS)])
    hours_from = TimeField(validators=[InputRequired(_("Enter a time of day, such as 09:00."))])
    hours_until = TimeField(validators=[InputRequired(_("Enter a time of day, such as 09:00."))])
    respond_within_hours = IntegerField(
        validators=[
            InputRequired(_("Enter 1 to 240 hours.")),
            NumberRange(1, MOST_HOURS, _("Enter 1 to 240 hours.")),
        ]
    )
    red_flag = BooleanField()
    anxiety_depression = BooleanField()

    def __init__(self, typed: MultiDict[str, str], people: list[Staff]) -> None:
        super().__init__(typed)
        self.owner.choices = self.deputy.choices = [(str(each.id), each.name) for each in people]

    def validate_weekdays(self, field: Field) -> None:
        """At least one."""
        if not field.data:
            raise ValidationError(_("Choose at least one day on which somebody looks."))

    def validate_deputy(self, field: Field) -> None:
        """Somebody else than the owner."""
        if field.data == self.owner.data:
            raise ValidationError(_("Choose another person than the one who looks first."))

    def validate_hours_until(self, field: Field) -> None:
        """After the beginning."""
        if field.data and self.hours_from.data and field.data <= self.hours_from.data:
            raise ValidationError(_("Enter a time after the first."))

    def validate_enabled(self, field: Field) -> None:
        """Something must be able to raise one."""
        if field.data and not any([self.red_flag.data, self.anxiety_depression.data, *map(self.amount, SCALES)]):
            raise ValidationError(_("Choose at least one thing that raises an alert, or leave alerts off."))

    def amount(self, scale: str) -> str:
        """What was typed as the worsening that counts."""
        return str(self[f"worse_{scale}"].data or "")

    def rules(self) -> Rules:
        """The rules as typed, once they have been checked."""
        worse = (_rule(scale, self.amount(scale), self[f"source_{scale}"].data or "") for scale in SCALES)
        return Rules(
            tuple(each for each in worse if each),
            red_flag=bool(self.red_flag.data),
            anxiety_depression=bool(self.anxiety_depression.data),
        )

    def choice(self) -> Choice:
        """What was chosen, once it has been checked."""
        return Choice(
            enabled=bool(self.enabled.data),
            owner_id=UUID(self.owner.data),
            deputy_id=UUID(self.deputy.data),
            weekdays=tuple(int(each) for each in self.weekdays.data or ()),
            hours_from=self.hours_from.data or NEVER,
            hours_until=self.hours_until.data or NEVER,
            respond_within_hours=int(self.respond_within_hours.data or 0),
            rules=self.rules(),
        )


def _rule(scale: str, amount: str, source: str) -> Deterioration | None:
    """The rule of one scale; None where nothing was typed. Raises RuleError."""
    if not amount:
        return None
    try:
        number = Decimal(amount.replace(",", "."))
    except InvalidOperation as error:
        raise RuleError(amount) from error
    return Deterioration(scale, Amount(number, source))


def _check_amount(form: Form, field: Field) -> None:
    """An amount can be reached on its scale, and has a source."""
    scale = field.name.removeprefix("worse_")
    source = form[f"source_{scale}"].data
    try:
        _rule(scale, field.data or "", source or "-")
    except RuleError as error:
        raise ValidationError(_("Enter an amount of worsening above 0 that the scale can show, or nothing.")) from error
    if not source:
        raise ValidationError(_("Say where the amount comes from, such as: decided by the clinic on 1 March."))


for _scale in SCALES:
    setattr(AlertForm, f"worse_{_scale}", text_field(LONGEST_AMOUNT))
    setattr(AlertForm, f"source_{_scale}", text_field(LONGEST_SOURCE))
    setattr(AlertForm, f"validate_worse_{_scale}", _check_amount)


def shown(settings: AlertSettings | None) -> MultiDict[str, str]:
    """A row as the form has it; without one, what is offered: off, Monday to Friday, 9 to 17, a working day."""
    rules = read_rules(settings.rules) if settings else offered()
    values = _standing(settings) if settings else USUAL.copy()
    values |= {"red_flag": "y"} if rules.red_flag else {}
    values |= {"anxiety_depression": "y"} if rules.anxiety_depression else {}
    for rule in rules.deterioration:
        values |= {f"worse_{rule.scale}": str(rule.worse.value), f"source_{rule.scale}": rule.worse.source}
    days = settings.weekdays if settings else range(5)
    return MultiDict([*values.items(), *(("weekdays", str(day)) for day in days)])


USUAL = {"hours_from": "09:00", "hours_until": "17:00", "respond_within_hours": "8"}


def _standing(settings: AlertSettings) -> dict[str, str]:
    values: Mapping[str, str] = {
        "owner": str(settings.owner_id),
        "deputy": str(settings.deputy_id),
        "hours_from": f"{settings.hours_from:%H:%M}",
        "hours_until": f"{settings.hours_until:%H:%M}",
        "respond_within_hours": str(settings.respond_within_hours),
    }
    return {**values, **({"enabled": "y"} if settings.enabled_at else {})}
