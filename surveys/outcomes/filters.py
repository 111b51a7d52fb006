"""What a reader chose to look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement

from surveys.i18n import gettext as _
from surveys.models import Episode
from surveys.people.counted import counted
from surveys.protocols.model import Protocol


@dataclass(frozen=True, slots=True)
class Filters:
    """One protocol, and within it one arm, timepoint, pain generator or span of enrolment; None: all.

    ``fewest``: an arm of fewer patients, but not of none, is kept from a reader who may not single anybody out.
    """

    protocol: str
    arm: str | None = None
    timepoint: str | None = None
    pain_generator: str | None = None
    enrolled_from: date | None = None
    enrolled_to: date | None = None  # that day included
    fewest: int = 0
    permitted: str | None = None  # a consent's kind: only patients who gave it are counted

    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions on episodes; the timepoint chooses among figures and keeps every episode."""
        wanted: list[ColumnElement[bool]] = [counted(self.permitted)]
        if self.arm:
            wanted.append(Episode.arm == self.arm)
        if self.pain_generator:
            wanted.append(Episode.pain_generator == self.pain_generator)
        if self.enrolled_from:
            wanted.append(Episode.enrolled_on >= self.enrolled_from)
        if self.enrolled_to:
            wanted.append(Episode.enrolled_on <= self.enrolled_to)
        return wanted

    def words(self, protocol: Protocol) -> str:
        """The choice as a sentence for a figure."""
        parts = [protocol.title]
        if self.arm:
            parts.append(protocol.arm(self.arm).label)
        if self.pain_generator:
            parts.append(_("pain generator: %(name)s", name=self.pain_generator.replace("_", " ")))
        if self.enrolled_from:
            parts.append(_("enrolled from %(day)s", day=self.enrolled_from.isoformat()))
        if self.enrolled_to:
            parts.append(_("enrolled to %(day)s", day=self.enrolled_to.isoformat()))
        return ", ".join(parts)
