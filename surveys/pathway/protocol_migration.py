"""Running episodes of a protocol, moved to another version of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor
from surveys.models import Clinic, Episode, ProtocolVersion
from surveys.pathway.episode_plan import STOPS_FOLLOW_UP, ended_by
from surveys.pathway.episodes import move_to_protocol
from surveys.pathway.protocol_fit import lacking
from surveys.protocols import store as protocol_store


@dataclass(frozen=True)
class Migration:
    """Episodes counted: moved by the version they came from, kept by what the target lacks."""

    moved: Counter[int] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)


def running(session: Session, target: ProtocolVersion) -> Sequence[tuple[Episode, int]]:
    """Episodes under an older version of the same protocol whose follow-up has not ended, with that version."""
    older = ProtocolVersion.code == target.code, ProtocolVersion.version < target.version
    wanted = (
        select(Episode, ProtocolVersion.version)
        .join(ProtocolVersion, ProtocolVersion.id == Episode.protocol_id)
        .where(*older, ~ended_by(STOPS_FOLLOW_UP))
        .order_by(Episode.id)
    )
    return [(episode, version) for episode, version in session.execute(wanted)]


def migrate(
    session: Session, clinic: Clinic, target: ProtocolVersion, *, actor: Actor, now: datetime, dry_run: bool
) -> Migration:
    """Move them all, or with ``dry_run`` only count; where the target lacks something of an episode, it stays."""
    protocol, done = protocol_store.protocol_of(target), Migration()
    for episode, version in running(session, target):
        if missing := lacking(session, episode, protocol):
            done.kept[missing] += 1
            continue
        done.moved[version] += 1
        if not dry_run:
            move_to_protocol(session, clinic, episode, target, actor=actor, now=now)
    return done
