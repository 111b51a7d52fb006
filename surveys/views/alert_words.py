"""Alerts and weekdays in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping

from scoring.instrument import find_scale, load_instruments
from surveys.alerts.rules import EXTREME, RED_FLAGS
from surveys.i18n import LazyText
from surveys.i18n import gettext as _
from surveys.models import Alert

WEEKDAYS = (
    LazyText("Monday"),
    LazyText("Tuesday"),
    LazyText("Wednesday"),
    LazyText("Thursday"),
    LazyText("Friday"),
    LazyText("Saturday"),
    LazyText("Sunday"),
)
KINDS: Mapping[str, LazyText] = {
    "deterioration": LazyText("Worse than at baseline"),
    "red_flag": LazyText("Red flag answered with yes"),
    "anxiety_depression": LazyText("Extreme anxiety or depression: to be reviewed"),
}


def kind_words(alert: Alert) -> str:
    """What kind of alert it is."""
    return str(KINDS[alert.kind])


def subject_words(alert: Alert) -> str:
    """The measure or the question, with the values where there are two."""
    if alert.kind == "red_flag":
        return load_instruments()[RED_FLAGS].item(alert.subject).label
    if alert.kind == "anxiety_depression":
        return load_instruments()[EXTREME[0]].item(alert.subject).label
    label = find_scale(alert.subject).label
    if alert.before is None or alert.after is None:
        return label
    ends = {"before": alert.before, "after": alert.after}
    values = {name: f"{value:.4g}".replace("-", "−") for name, value in ends.items()}
    return f"{label}: " + _("%(before)s at baseline, now %(after)s", **values)
