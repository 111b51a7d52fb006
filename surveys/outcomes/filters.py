"""What a reader chose to look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement

from surveys.i18n import gettext as _
from surveys.models import Episode
from surveys.protocol_model import Protocol


@dataclass(frozen=True, slots=True)
class Filters:
    """One protocol, and within it one arm, timepoint, pain generator or span of enrolment; None: all."""

    protocol: str
    arm: str | None = None
    timepoint: str | None = None
    pain_generator: str | None = None
    enrolled_from: date | None = None
    enrolled_to: date | None = None  # that day included

    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions on episodes; arm and timepoint choose among figures and keep every episode."""
        wanted = [
            (self.pain_generator, Episode.pain_generator == self.pain_generator),
            (self.enrolled_from, Episode.enrolled_on >= self.enrolled_from),
            (self.enrolled_to, Episode.enrolled_on <= self.enrolled_to),
            (self.arm, Episode.arm == self.arm),
        ]
        return [condition for value, condition in wanted if value is not None]

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
