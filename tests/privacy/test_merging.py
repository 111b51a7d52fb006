"""Duplicates merged and parted: nothing doubled, nothing lost, everything as before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select

from surveys.access.chain.audit import SYSTEM
from surveys.access.links import find_link, issue_link, open_patient_session
from surveys.access.tokens import digest
from surveys.db import app_now
from surveys.models import (
    AuditEvent,
    Clinic,
    Consent,
    Episode,
    Merge,
    Message,
    Patient,
    PatientLink,
    PatientSession,
    Visit,
)
from surveys.pathway.endings import record_ending
from surveys.people.participation import give_consent, optional_text
from surveys.people.patients import current_consents, withdraw
from surveys.privacy.merging import TOUCHED, MergeError, merge, unmerge
from surveys.privacy.rows import records_of, rows_of
from tests.patients import Invited, invite, seen_by
from tests.privacy.person import episode_of, lived
from tests.servers.processes import wait_until
from tests.servers.waiting import is_waited_for

WHY = "Same birth date and insurance number"


def pair(app: Flask, client: FlaskClient) -> tuple[Invited, Invited]:
    first = lived(app, client)
    return first, invite(app, clinic_id=first.clinic_id)


def state(app: Flask, *people: Invited) -> dict[str, Any]:
    """Every row a merge may touch, by table."""
    with seen_by(app, people[0].clinic_id) as session:
        found = rows_of(session, [each.patient_id for each in people], TOUCHED)
        return {name: sorted((dict(row) for row in rows), key=lambda row: row["id"]) for name, rows in found.items()}


def joined(app: Flask, kept: Invited, duplicate: Invited) -> None:
    with seen_by(app, kept.clinic_id) as session:
        clinic, now = session.get_one(Clinic, kept.clinic_id), app_now(session)
        both = (session.get_one(Patient, kept.patient_id), session.get_one(Patient, duplicate.patient_id))
        merge(session, clinic, *both, reason=WHY, actor=SYSTEM, now=now)
        session.commit()


def parted(app: Flask, kept: Invited) -> int:
    with seen_by(app, kept.clinic_id) as session:
        clinic, row = session.get_one(Clinic, kept.clinic_id), session.scalars(select(Merge)).one()
        newer = unmerge(session, clinic, row, reason="Twins", actor=SYSTEM, now=app_now(session))
        session.commit()
        return newer


def waiting(app: Flask, *people: Invited) -> int:
    """Mails still to go to the episodes of these visits."""
    with seen_by(app, people[0].clinic_id) as session:
        episodes = [episode_of(session, each).id for each in people]
        mails = select(func.count(Message.id)).join(Visit, Visit.id == Message.visit_id)
        return session.scalar(mails.where(Visit.episode_id.in_(episodes), Message.state == "planned")) or 0


def test_a_merge_moves_the_episodes_and_asks_nobody_twice(app: Flask, client: FlaskClient) -> None:
    kept, duplicate = pair(app, client)
    alone = waiting(app, kept)
    joined(app, kept, duplicate)
    with seen_by(app, kept.clinic_id) as session:
        assert set(session.scalars(select(Episode.patient_id))) == {kept.patient_id}
        patient = session.get_one(Patient, kept.patient_id)
        assert records_of(session, patient) == [kept.patient_id, duplicate.patient_id]
        seen = session.scalars(select(AuditEvent.subject_id).where(AuditEvent.action == "patients_merged")).all()
        assert set(seen) == {kept.patient_id, duplicate.patient_id}
    assert waiting(app, kept, duplicate) == alone


def test_parting_gives_every_row_back_what_it_had(app: Flask, client: FlaskClient) -> None:
    kept, duplicate = pair(app, client)
    with seen_by(app, kept.clinic_id) as session:
        patient, now = session.get_one(Patient, duplicate.patient_id), app_now(session)
        give_consent(session, patient, optional_text("research", "en"), now=now)
        session.commit()
    before = state(app, kept, duplicate)
    joined(app, kept, duplicate)
    assert state(app, kept, duplicate) != before
    assert parted(app, kept) == 0
    assert state(app, kept, duplicate) == before


def test_what_changed_after_the_merge_stays_when_the_records_part(app: Flask, client: FlaskClient) -> None:
    kept, duplicate = pair(app, client)
    joined(app, kept, duplicate)
    with seen_by(app, kept.clinic_id) as session:
        episode_of(session, duplicate).arm = "conventional"
        session.commit()
    parted(app, kept)
    with seen_by(app, kept.clinic_id) as session:
        episode = episode_of(session, duplicate)
        assert (episode.arm, episode.patient_id) == ("conventional", duplicate.patient_id)


def test_a_mail_that_a_merge_planned_and_that_went_stays_on_record(app: Flask, client: FlaskClient) -> None:
    """Were its row removed, the same mail would be planned and sent again."""
    kept, duplicate = pair(app, client)
    with seen_by(app, kept.clinic_id) as session:
        session.execute(delete(Message).where(Message.visit_id == kept.visit_id))
        session.commit()
    joined(app, kept, duplicate)
    mine = (Message.visit_id == kept.visit_id, Message.step == "reminder_1")
    with seen_by(app, kept.clinic_id) as session:
        mail = session.scalars(select(Message).where(*mine)).one()
        mail.state, mail.settled_at = "sent", app_now(session)
        session.commit()
    assert parted(app, kept) == 1
    with seen_by(app, kept.clinic_id) as session:
        assert session.scalars(select(Message.state).where(*mine)).all() == ["sent"]


def test_links_sent_to_another_address_stop_and_work_again_once_parted(app: Flask, client: FlaskClient) -> None:
    kept, duplicate = pair(app, client)
    joined(app, kept, duplicate)
    assert client.get(f"/q/{duplicate.token}", base_url="https://localhost").status_code == 404
    parted(app, kept)
    assert client.get(f"/q/{duplicate.token}", base_url="https://localhost").status_code == 200


def test_a_link_that_is_about_to_go_to_the_other_address_stops_with_the_others(app: Flask, client: FlaskClient) -> None:
    kept, duplicate = pair(app, client)
    with ThreadPoolExecutor(1) as pool, seen_by(app, kept.clinic_id) as session:
        theirs = select(Consent.id).where(Consent.patient_id == duplicate.patient_id)
        session.execute(theirs.with_for_update(read=True))  # as a hand-over's last look does
        token = issue_link(session, session.get_one(Visit, duplicate.visit_id), now=app_now(session))
        merging = pool.submit(joined, app, kept, duplicate)
        wait_until(lambda: merging.done() or is_waited_for(session), "the merge waits")
        session.commit()
        merging.result(10)
    with seen_by(app, kept.clinic_id) as session:
        assert (find_link(session, token) or PatientLink()).revoked_at is not None


def test_a_link_that_went_to_the_kept_address_stops_once_the_records_part(app: Flask, client: FlaskClient) -> None:
    """They are two people then, and it lies in the other one's mailbox."""
    kept, duplicate = pair(app, client)
    joined(app, kept, duplicate)
    with seen_by(app, kept.clinic_id) as session:
        visit = session.get_one(Visit, duplicate.visit_id)
        token, own = (
            issue_link(session, each, now=app_now(session)) for each in (visit, session.get_one(Visit, kept.visit_id))
        )
        link = find_link(session, token) or PatientLink()
        opened = open_patient_session(session, link, "self", now=app_now(session))
        session.commit()
    parted(app, kept)
    with seen_by(app, kept.clinic_id) as session:
        assert (find_link(session, token) or PatientLink()).revoked_at is not None
        assert (find_link(session, own) or PatientLink(revoked_at=app_now(session))).revoked_at is None
        ended = select(PatientSession.revoked_at).where(PatientSession.token_digest == digest(opened))
        assert session.scalars(ended).one() is not None


def test_links_to_the_same_address_go_on(app: Flask) -> None:
    kept = invite(app)
    duplicate = invite(app, clinic_id=kept.clinic_id, timepoint="m1")
    joined(app, kept, duplicate)
    with seen_by(app, kept.clinic_id) as session:
        stopped = select(func.count()).select_from(PatientLink).where(PatientLink.revoked_at.is_not(None))
        assert session.scalar(stopped) == 0


@pytest.mark.parametrize("last", ["given", "withdrawn"])
def test_the_persons_latest_act_decides_about_a_consent(app: Flask, client: FlaskClient, last: str) -> None:
    kept, duplicate = pair(app, client)
    giver, taker = (duplicate, kept) if last == "given" else (kept, duplicate)
    with seen_by(app, kept.clinic_id) as session:
        now, text = app_now(session), optional_text("research", "en")
        people = [session.get_one(Patient, each.patient_id) for each in (giver, taker)]
        give_consent(session, people[0], text, now=now) if last == "withdrawn" else None
        give_consent(session, people[1], text, now=now)
        session.commit()
    with seen_by(app, kept.clinic_id) as session:
        now, person = app_now(session), session.get_one(Patient, taker.patient_id)
        withdraw(
            session,
            next(c for c in current_consents(session, person.id) if c.kind == "research"),
            actor=SYSTEM,
            now=now,
        )
        session.commit()
    if last == "given":
        with seen_by(app, kept.clinic_id) as session:
            person = session.get_one(Patient, giver.patient_id)
            give_consent(session, person, optional_text("research", "en"), now=app_now(session))
            session.commit()
    joined(app, kept, duplicate)
    with seen_by(app, kept.clinic_id) as session:
        stands = {consent.kind for consent in current_consents(session, kept.patient_id)}
        assert ("research" in stands) == (last == "given")


def test_a_death_on_one_record_must_be_settled_before_merging(app: Flask, client: FlaskClient) -> None:
    kept, duplicate = pair(app, client)
    with seen_by(app, kept.clinic_id) as session:
        clinic, now = session.get_one(Clinic, kept.clinic_id), app_now(session)
        episode = episode_of(session, duplicate)
        record_ending(session, clinic, episode, "died", now.date(), reason=None, actor=SYSTEM, now=now)
        session.commit()
    with pytest.raises(MergeError, match="died"):
        joined(app, kept, duplicate)
    with pytest.raises(MergeError, match="same record"):
        joined(app, kept, kept)


def test_a_record_merged_already_is_refused_and_parting_works_once(app: Flask, client: FlaskClient) -> None:
    kept, duplicate = pair(app, client)
    joined(app, kept, duplicate)
    with pytest.raises(MergeError, match="merged already"):
        joined(app, kept, duplicate)
    parted(app, kept)
    with pytest.raises(MergeError, match="apart already"):
        parted(app, kept)
