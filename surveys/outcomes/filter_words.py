"""The choice of patients as a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from surveys.enrolment.fields import label
from surveys.i18n import gettext as _
from surveys.outcomes.filters import Filters
from surveys.protocols.model import Protocol


def words(filters: Filters, protocol: Protocol) -> str:
    """The protocol and every choice within it, in the order of the filter's fields."""
    return ", ".join([protocol.title, *_who(filters, protocol), *_treatment(filters), *_spans(filters)])


def _who(filters: Filters, protocol: Protocol) -> Iterator[str]:
    if filters.arm:
        yield protocol.arm(filters.arm).label
    if filters.diagnosis:
        yield _("diagnosis %(code)s", code=filters.diagnosis)
    if filters.pain_generator:
        yield _("pain generator: %(name)s", name=label(filters.pain_generator))
    if filters.sex:
        yield {"female": _("women"), "male": _("men"), "other": _("another sex")}[filters.sex]
    if filters.opioid_use is not None:
        yield _("with opioids at enrolment") if filters.opioid_use else _("without opioids at enrolment")
    if filters.clinician:
        yield _("patients of one clinician")
    if filters.mode:
        yield _("only answers given in this way: %(mode)s", mode=filters.mode.replace("_", " "))


def _treatment(filters: Filters) -> Iterator[str]:
    if filters.product:
        yield _("treated with: %(name)s", name=label(filters.product))
    if filters.nth is not None:
        yield _("at least %(n)d treatments", n=filters.nth)
    if dose := _between(filters.dose_from, filters.dose_to):
        yield _("dose %(span)s million cells", span=dose)


def _spans(filters: Filters) -> Iterator[str]:
    if age := _between(filters.age_from, filters.age_to):
        yield _("age %(span)s years", span=age)
    if bmi := _between(filters.bmi_from, filters.bmi_to):
        yield _("body mass index %(span)s", span=bmi)
    if filters.enrolled_from:
        yield _("enrolled from %(day)s", day=filters.enrolled_from.isoformat())
    if filters.enrolled_to:
        yield _("enrolled to %(day)s", day=filters.enrolled_to.isoformat())


def _between(low: float | None, high: float | None) -> str:
    """A span in words, empty where it is open at both ends."""
    if low is not None and high is not None:
        return _("%(low)g to %(high)g", low=low, high=high)
    if low is not None:
        return _("%(low)g or more", low=low)
    return "" if high is None else _("%(high)g or less", high=high)
