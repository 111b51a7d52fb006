"""The form that chooses patients, the same on every page with figures; it works by GET and without JavaScript."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn
from uuid import UUID

from flask import abort, request
from sqlalchemy import select
from wtforms import DateField, Field, FloatField, Form, IntegerField, SelectField, StringField
from wtforms.validators import NumberRange, Optional, ValidationError

from surveys.access import policy
from surveys.db import db
from surveys.i18n import gettext as _
from surveys.models import SavedCohort, Staff
from surveys.models.episode import PAIN_GENERATORS, PRODUCTS
from surveys.models.response import MODES
from surveys.outcomes.filter_text import BEGINNING, chosen_fields
from surveys.outcomes.filters import Filters
from surveys.outcomes.public.disclosure import SMALLEST
from surveys.outcomes.words import timepoint_words
from surveys.protocols.model import Protocol
from surveys.views.filter_address import check_address
from surveys.views.guard import identity
from surveys.views.saved_choice import filters_of, find_saved
from surveys.views.words import words

FEWEST = 5  # patients of an arm, for whoever may not single anybody out
SEXES = ("female", "male", "other")
SPANS = {"dose": (0, 1e6), "age": (0, 120), "bmi": (10, 90)}
CHOICES = ("arm", "timepoint", "pain_generator", "product", "sex", "opioid_use", "clinician", "mode")


def _number(name: str, kind: type[FloatField] | type[IntegerField] = FloatField) -> Field:
    return kind(validators=[Optional(), NumberRange(*SPANS[name])])


class FilterForm(Form):
    """What to look at; an empty choice is everybody. ``cohort``: a saved choice, which stands in place of the rest."""

    protocol = SelectField()
    arm = SelectField()
    timepoint = SelectField()
    diagnosis = StringField(filters=[lambda text: (text or "").strip().upper() or None])
    pain_generator = SelectField()
    product = SelectField()
    dose_from, dose_to = _number("dose"), _number("dose")
    age_from, age_to = _number("age", IntegerField), _number("age", IntegerField)
    sex = SelectField()
    bmi_from, bmi_to = _number("bmi"), _number("bmi")
    opioid_use = SelectField()
    clinician = SelectField()
    nth = IntegerField(validators=[Optional(), NumberRange(1, 100)])
    mode = SelectField()
    enrolled_from = DateField(validators=[Optional()])
    enrolled_to = DateField(validators=[Optional()])

    def validate_diagnosis(self, field: Field) -> None:
        """An ICD-10 code or its beginning."""
        if field.data and not BEGINNING.fullmatch(field.data):
            raise ValidationError(field.data)

    def more(self) -> bool:
        """Whether anything beyond the first row of choices is made."""
        first = {"protocol", "arm", "timepoint", "pain_generator", "enrolled_from", "enrolled_to"}
        return any(field.data not in (None, "") for field in self if field.name not in first)


def filter_form(protocols: Sequence[Protocol], *, baseline: bool = False, alone: bool = True) -> FilterForm:
    """Read the choice; what is not on offer is refused with a sentence.

    ``baseline``: it is a timepoint to look at; ``alone``: the address holds the choice and nothing of another form.
    """
    saved = saved_cohort()
    check_address([field.name for field in FilterForm()], alone=alone)
    form = FilterForm(None if saved else request.args, data=_fields(filters_of(saved)) if saved else None)
    by_code = {protocol.code: protocol for protocol in protocols}
    form.protocol.data = form.protocol.data or protocols[0].code
    chosen = by_code.get(form.protocol.data) or _refuse()
    form.protocol.choices = [(code, protocol.title) for code, protocol in by_code.items()]
    offered = _offered(chosen, baseline=baseline)
    for field in (each for each in form if isinstance(each, SelectField) and each.name in offered):
        field.choices = [("", _("All")), *offered[field.name]]
        field.data = field.data or ""
    if not form.validate():
        _refuse_fields(form)
    for low, high in (("enrolled_from", "enrolled_to"), *((f"{name}_from", f"{name}_to") for name in SPANS)):
        _check_order(form[low], form[high])
    return form


def saved_cohort() -> SavedCohort | None:
    """The saved choice that the address names, or None; one that does not exist is 404."""
    wanted = request.args.get("cohort")
    if not wanted:
        return None
    return find_saved(wanted) or abort(404, _("There is no such saved choice of patients. Choose one from the list."))


def chosen_filters(form: FilterForm) -> Filters:
    """What the form chooses; whoever reads without names sees no arm of a handful.

    Outside the clinic only those are counted who allow research.
    """
    data = {name: form[name].data for name in form.data if form[name].data not in (None, "")}
    if "opioid_use" in data:
        data["opioid_use"] = data["opioid_use"] == "yes"
    if "clinician" in data:
        data["clinician"] = UUID(data["clinician"])
    if identity().role in policy.REGISTRY:
        return Filters(**data, fewest=SMALLEST, permitted="research")
    return Filters(**data, fewest=FEWEST if identity().role in policy.NAMELESS else 0)


def _fields(filters: Filters) -> dict[str, object]:
    """A saved choice as the form holds it."""
    data = {name: getattr(filters, name) for name in chosen_fields()}
    words_of = {True: "yes", False: "no", None: ""}
    return data | {"opioid_use": words_of[filters.opioid_use], "clinician": str(filters.clinician or "")}


def _offered(protocol: Protocol, *, baseline: bool) -> dict[str, list[tuple[str, str]]]:
    asked = [point for point in protocol.timepoints if baseline or not point.is_baseline]
    coded = {
        "pain_generator": PAIN_GENERATORS,
        "product": PRODUCTS,
        "sex": SEXES,
        "opioid_use": ("yes", "no"),
        "mode": () if identity().role in policy.REGISTRY else MODES,
    }
    return {
        "arm": [(arm.code, arm.label) for arm in protocol.arms],
        "timepoint": [(point.code, timepoint_words(point)) for point in asked],
        "clinician": _clinicians(),
        **{name: [(code, words(code)) for code in codes] for name, codes in coded.items()},
    }


def _clinicians() -> list[tuple[str, str]]:
    """Those who treat; a registry analyst is told no name of a clinic's staff."""
    if identity().role in policy.REGISTRY:
        return []
    rows = db.session.execute(select(Staff.id, Staff.name).where(Staff.role == "clinician").order_by(Staff.name))
    return [(str(row.id), row.name) for row in rows]


def _check_order(low: Field, high: Field) -> None:
    if low.data is not None and high.data is not None and low.data > high.data:
        if low.name == "enrolled_from":
            abort(422, _("The first day of enrolment is after the last. Change one of them."))
        abort(
            422,
            _(
                "A span begins above its end: %(low)s and %(high)s. Change one of them.",
                low=_plain(low.data),
                high=_plain(high.data),
            ),
        )


def _refuse_fields(form: FilterForm) -> NoReturn:
    wrong = next(iter(form.errors))
    if wrong in CHOICES or wrong == "protocol":
        _refuse()
    sentences = {
        "diagnosis": _("A diagnosis is an ICD-10 code such as M51.1, or its beginning, such as M51."),
        "nth": _("The number of treatments is a whole number from 1 to 100."),
        "enrolled_from": _("The first day of enrolment is no date. Type it as 2026-01-31, or choose again."),
        "enrolled_to": _("The last day of enrolment is no date. Type it as 2026-01-31, or choose again."),
    }
    name, _sign, end = wrong.partition("_")
    low, high = (_plain(number) for number in SPANS.get(name, (0, 0)))
    limit = {
        "dose": _("A dose in million cells is a number from %(low)s to %(high)s.", low=low, high=high),
        "age": _("An age is a whole number of years from %(low)s to %(high)s.", low=low, high=high),
        "bmi": _("A body mass index is a number from %(low)s to %(high)s.", low=low, high=high),
    }
    where = {"from": _("Change where the span begins."), "to": _("Change where the span ends.")}
    abort(422, sentences.get(wrong) or f"{limit[name]} {where[end]}")


def _plain(number: float) -> str:
    """1000000 and not 1e+06."""
    return f"{number:.10g}"


def _refuse() -> NoReturn:
    abort(422, _("This filter is not one of those on offer. Go to the dashboard and choose again."))
