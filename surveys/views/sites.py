"""The clinics whose figures a registry analyst may read: each opened alone, after its own grant was seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import abort
from sqlalchemy import select
from sqlalchemy.orm import Session

from scoring.responder import Rule
from surveys.access.chain.audit import record
from surveys.access.registry import granted_clinics, standing_grant
from surveys.db import clinic_session, db
from surveys.models import Clinic, RegistryGrant
from surveys.outcomes.dashboard import read
from surveys.outcomes.filter_text import print_text
from surveys.outcomes.filters import Filters
from surveys.outcomes.public.disclosure import SMALLEST
from surveys.outcomes.registry.choices import cells_of
from surveys.outcomes.registry.pooling import Part
from surveys.outcomes.sections import Section
from surveys.protocols.model import Protocol
from surveys.views.dashboard import enrolled_protocols
from surveys.views.guard import identity


@dataclass(frozen=True)
class Site:
    """A clinic that let the reader in; ``protocols``: those it follows, with how many are enrolled."""

    id: UUID
    name: str
    protocols: tuple[tuple[Protocol, int], ...]

    def follows(self, protocol: Protocol) -> bool:
        """Whether its figures mean the same: the protocol's text is the same to the letter."""
        return any(own.source_hash == protocol.source_hash for own, _count in self.protocols)

    def large(self) -> bool:
        """Whether it may be named: ten patients follow one protocol."""
        return any(count >= SMALLEST for _protocol, count in self.protocols)


@contextmanager
def _opened(clinic_id: UUID) -> Iterator[tuple[Session, RegistryGrant]]:
    """Lend a session of the clinic, or end the request with 404 where its own rows hold no grant."""
    with clinic_session(clinic_id) as session:
        yield session, standing_grant(session, identity().staff_id) or abort(404)


def granted_sites() -> list[Site]:
    """Every clinic that let the reader in, by name."""
    found = [_site(clinic_id) for clinic_id in granted_clinics(db.session(), identity().staff_id)]
    return sorted(found, key=lambda site: (site.name, site.id))


def _site(clinic_id: UUID) -> Site:
    with _opened(clinic_id) as (session, _grant):
        name = session.scalars(select(Clinic.name)).one()
        return Site(clinic_id, name, tuple(enrolled_protocols(session)))


def offered(sites: Sequence[Site]) -> list[tuple[Protocol, int]]:
    """The protocols of the sites with how many are enrolled; of several versions the one that most follow."""
    counts: dict[str, list[tuple[Protocol, int]]] = {}
    for protocol, enrolled in (pair for site in sites for pair in site.protocols):
        counts.setdefault(protocol.code, []).append((protocol, enrolled))
    return sorted(map(_fullest, counts.values()), key=lambda pair: (-pair[1], pair[0].code))


def _fullest(versions: Sequence[tuple[Protocol, int]]) -> tuple[Protocol, int]:
    sums: dict[str, int] = {}
    for protocol, enrolled in versions:
        sums[protocol.source_hash] = sums.get(protocol.source_hash, 0) + enrolled
    chosen = max(sums, key=lambda source: sums[source])
    return next(protocol for protocol, _count in versions if protocol.source_hash == chosen), sums[chosen]


def part_of(site: Site, protocol: Protocol, filters: Filters, rule: Rule, section: Section, *, now: datetime) -> Part:
    """Read what a part of one site's page needs, and note in its own audit that somebody did."""
    with _opened(site.id) as (session, grant):
        cohort = read(session, protocol, filters, rule, (section,), now=now)
        part = Part(cohort, cells_of(session, filters))
        what = {"protocol": protocol.code, "version": protocol.version, "filters": print_text(filters)}
        record(session, site.id, identity().actor, "figures_read", ("registry_grant", grant.id), now=now, new=what)
        session.commit()
    return part
