"""The page itself: its address, whether it is open, and which claims stand on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from surveys.access.chain.audit import Actor, record
from surveys.access.keys.encryption import Vault
from surveys.db import uuid7
from surveys.i18n import gettext as _
from surveys.models import Claim, PublicPage
from surveys.outcomes.public import keys
from surveys.outcomes.public.shown import REASONS, signed_counts, why_not

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,60}[a-z0-9]")
FIND = text("SELECT clinic_id FROM find_public_page(:slug)")


class PublishingError(ValueError):
    """Nothing was published; the text says why."""


def find_clinic(session: Session, slug: str) -> UUID | None:
    """The clinic whose open page has the address, by the function that looks across clinics."""
    return session.scalar(FIND, {"slug": slug}) if SLUG.fullmatch(slug) else None


def page_of(session: Session) -> PublicPage | None:
    """The bound clinic's page."""
    return session.scalars(select(PublicPage)).one_or_none()


def set_page(
    session: Session, clinic_id: UUID, slug: str, vault: Vault, *, opened: bool, actor: Actor, now: datetime
) -> PublicPage:
    """Give the page its address and open or close it; the first opening makes the key that signs.

    Raises PublishingError for an address that cannot be, or that another clinic has; the session is then rolled back.
    """
    if not SLUG.fullmatch(slug):
        raise PublishingError(_("Use 3 to 62 small letters, digits and hyphens, such as riverside-clinic."))
    assert actor.id is not None  # noqa: S101 - administrators sign in
    page, old = page_of(session), _facts(page_of(session))
    if page is None:
        page = PublicPage(clinic_id=clinic_id, id=uuid7(), slug=slug, changed_at=now, changed_by=actor.id)
        session.add(page)
    page.slug, page.changed_at, page.changed_by = slug, now, actor.id
    page.opened_at = (page.opened_at or now) if opened else None
    try:
        session.flush()
    except IntegrityError as error:
        session.rollback()
        raise PublishingError(_("This address is taken. Choose another.")) from error
    if opened and keys.current(session) is None:
        keys.replace_key(session, clinic_id, vault, actor=actor, now=now)
    subject = ("public_page", page.id)
    record(session, clinic_id, actor, "public_page_changed", subject, now=now, old=old, new=_facts(page))
    return page


def _facts(page: PublicPage | None) -> dict[str, object] | None:
    return {"slug": page.slug, "open": page.opened_at is not None} if page else None


def choose(session: Session, clinic_id: UUID, positions: Mapping[int, int], *, actor: Actor, now: datetime) -> None:
    """Put claims on the page by their number, in the order of their positions, and take off all others.

    Raises PublishingError for one that may not stand there.
    """
    signed = signed_counts(session)
    for claim in session.scalars(select(Claim).order_by(Claim.number)).all():
        position = positions.get(claim.number)
        reason = why_not(claim, signed.get(claim.id, 0), now=now)
        if position is not None and claim.public_at is None and reason:
            raise PublishingError(
                _("Statement %(number)d cannot be shown: %(why)s", number=claim.number, why=REASONS[reason])
            )
        _place(session, clinic_id, claim, position, actor=actor, now=now)


def _place(
    session: Session, clinic_id: UUID, claim: Claim, position: int | None, *, actor: Actor, now: datetime
) -> None:
    if claim.public_position == position and (claim.public_at is None) == (position is None):
        return
    old, claim.public_position = claim.public_position, position
    claim.public_at = None if position is None else claim.public_at or now
    subject = ("claim", claim.id)
    before, after = {"position": old}, {"position": position}
    record(session, clinic_id, actor, "claim_published", subject, now=now, old=before, new=after)
