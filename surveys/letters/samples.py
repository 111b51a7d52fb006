"""Messages to nobody: what a made-up patient would get, for people who want to see it beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from surveys.letters.letter import Letter, Part
from surveys.models import Clinic
from surveys.protocols.model import Protocol, Timepoint

NAMES = {"en": "Maria", "es": "María", "de": "Maria", "ar": "مريم"}
TOKEN = "0".join(("EXAMPLE",) * 5) + "0000"
DAYS_LEFT = 21
MOST = 3  # questionnaires in one message


def known_timepoints(protocols: Iterable[Protocol]) -> dict[str, Timepoint]:
    """Return the timepoints of a clinic's protocols by code, in order of time; of several the longest."""
    found: dict[str, Timepoint] = {}
    for timepoint in (each for protocol in protocols for each in protocol.timepoints):
        if timepoint.code not in found or timepoint.screens > found[timepoint.code].screens:
            found[timepoint.code] = timepoint
    return dict(sorted(found.items(), key=lambda pair: (pair[1].months or 0, pair[1].weeks or 0)))


def sample_letter(
    clinic: Clinic, base: str, language: str, step: str, timepoint: Timepoint | None, *, screens: int, started: bool,
    parts: int, today: date,
) -> Letter:  # fmt: skip
    """Return what a made-up patient would be told; ``parts``: how many questionnaires, from 1 to ``MOST``.

    ``screens``: of each questionnaire.
    """
    until = today + timedelta(days=DAYS_LEFT)
    return Letter(
        language=language,
        step=step,
        started=started,
        timepoint=timepoint,
        screens=screens,
        first_name=NAMES[language],
        clinic=clinic.sender_name,
        phone=clinic.phone,
        until=until,
        url=f"{base}/q/{TOKEN}",
        opt_out_url=f"{base}/u/{TOKEN}",
        others=tuple(
            Part(timepoint, screens, step, False, until, f"{base}/q/{TOKEN[:-1]}{place}") for place in range(1, parts)
        ),
    )
