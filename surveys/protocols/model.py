"""What a protocol is: arms, timepoints, windows, battery, reminder plan and responder rules."""

from dataclasses import dataclass, field
from datetime import time
from hashlib import sha256
from math import ceil
from typing import Literal

from scoring.individual import Amount
from surveys.document import DocumentError

MAX_MESSAGES = 4  # invitation and reminders of one visit
MAX_SCREENS = 34  # one item is one screen
SCREENS_PER_MINUTE = 5
HEADLINE = "m12"

Index = Literal["first", "last"]


class ProtocolError(DocumentError):
    """A protocol that cannot be used: file, key, reason."""


@dataclass(frozen=True, slots=True)
class Arm:
    """``conventional``: no product is given, and the index date is the day of the decision."""

    code: str
    label: str
    conventional: bool


@dataclass(frozen=True, slots=True)
class BatteryEntry:
    """An instrument and those of its items that are asked, in the order of the screens."""

    instrument: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Timepoint:
    """Offset from the index date in months or weeks; neither for the baseline, which opens at enrolment.

    The window runs from ``opens_days_before`` the due date to the end of the day
    ``closes_days_after`` it; a baseline without a treatment closes that many days after enrolment.
    """

    code: str
    months: int | None
    weeks: int | None
    opens_days_before: int
    closes_days_after: int
    optional: bool
    battery: tuple[BatteryEntry, ...]

    @property
    def is_baseline(self) -> bool:
        """Whether it has no offset."""
        return self.months is None and self.weeks is None

    @property
    def screens(self) -> int:
        """One item is one screen."""
        return sum(len(entry.items) for entry in self.battery)


def minutes_for(screens: int) -> int:
    """About how long so many screens take, at least 2 minutes: said alike in messages and on the first screen."""
    return max(2, ceil(screens / SCREENS_PER_MINUTE))


@dataclass(frozen=True, slots=True)
class ReminderPlan:
    """Days after opening; wall times in the patient's zone, ``send_from <= clock < send_until``."""

    reminder_days: tuple[int, ...]
    phone_task_days: int | None
    send_from: time
    send_until: time

    @property
    def messages(self) -> int:
        """The invitation and the reminders; the phone task is no message."""
        return 1 + len(self.reminder_days)


@dataclass(frozen=True, slots=True)
class PersonalThresholds:
    """What one patient's change on a scale is judged by, as the protocol states it, each with its source.

    ``mic``: minimal important change, ``sdc``: smallest detectable change, ``worse``: the deterioration that counts.
    None: as published.
    """

    scale: str
    mic: Amount | None
    sdc: Amount | None
    worse: Amount | None


@dataclass(frozen=True, slots=True)
class Protocol:
    """One version of a pathway. ``index``: whether the first or the last treatment is the index date."""

    code: str
    version: int
    title: str
    index: Index
    value_set: str
    consent_version: str
    languages: tuple[str, ...]
    rules: tuple[str, ...]
    arms: tuple[Arm, ...]
    timepoints: tuple[Timepoint, ...]
    reminders: ReminderPlan
    patient_trend: bool  # whether the thank-you page draws the patient's own scores
    source: str = field(repr=False)  # the TOML text, as stored with the version
    individual: tuple[PersonalThresholds, ...] = ()

    @property
    def source_hash(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return sha256(self.source.encode()).hexdigest()

    @property
    def instruments(self) -> tuple[str, ...]:
        """Every instrument asked at any timepoint, each once."""
        asked = (entry.instrument for timepoint in self.timepoints for entry in timepoint.battery)
        return tuple(dict.fromkeys(asked))

    @property
    def primary(self) -> str:
        """The timepoint whose figures stand first: 12 months where the protocol asks then, else its last."""
        codes = [timepoint.code for timepoint in self.timepoints]
        return HEADLINE if HEADLINE in codes else codes[-1]

    def timepoint(self, code: str) -> Timepoint:
        """Look a timepoint up by its code; ``KeyError`` where there is none."""
        return {timepoint.code: timepoint for timepoint in self.timepoints}[code]

    def arm(self, code: str) -> Arm:
        """Look an arm up by its code; ``KeyError`` where there is none."""
        return {arm.code: arm for arm in self.arms}[code]
