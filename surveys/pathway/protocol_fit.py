"""Whether an episode can follow another version of its protocol: what it was asked has to be asked there, too."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.answering.battery import battery_of
from surveys.models import Episode, Response, Visit
from surveys.pathway.episode_plan import visits_of
from surveys.protocols import store as protocol_store
from surveys.protocols.model import Protocol
from surveys.schedule import UNSCHEDULED


def lacking(session: Session, episode: Episode, target: Protocol) -> str | None:
    """What of the episode the other version does not have, in words; None where it fits.

    A visit, or an answer, that no protocol knows could be neither shown nor scored.
    """
    if episode.arm not in {arm.code for arm in target.arms}:
        return f"arm {episode.arm}"
    known = {timepoint.code for timepoint in target.timepoints}
    planned = [visit.timepoint for visit in visits_of(session, episode.id)]
    unknown = [code for code in planned if code not in known and not code.startswith(UNSCHEDULED)]
    return f"timepoint {unknown[0]}" if unknown else _unasked(session, episode, target)


def _unasked(session: Session, episode: Episode, target: Protocol) -> str | None:
    """An instrument that was begun at a visit, and that the other version does not ask there as whole."""
    current = protocol_store.protocol_of(protocol_store.get(session, episode.protocol_id))
    begun = select(Visit.timepoint, Response.instrument).join(Response, Response.visit_id == Visit.id)
    for timepoint, instrument in session.execute(begun.where(Visit.episode_id == episode.id).order_by(Visit.due_on)):
        before, after = (_items(protocol, timepoint, instrument) for protocol in (current, target))
        if not after or before - after:
            return f"{instrument} as it was asked at {timepoint}"
    return None


def _items(protocol: Protocol, timepoint: str, instrument: str) -> set[str]:
    asked = (entry.items for entry in battery_of(protocol, timepoint) if entry.instrument == instrument)
    return {item for items in asked for item in items}
