"""Export and erasure of one person (S27)."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from surveys.access.chain.audit import SYSTEM, Actor, record_view
from surveys.db import Base, app_now
from surveys.models import Answer, AuditEvent, Clinic, Episode, Erasure, Message, Patient, Score, Staff
from surveys.outcomes.dashboard import Dashboard, build
from surveys.outcomes.filters import Filters
from surveys.people.patients import contact, find_by_chart
from surveys.privacy.erasure import ErasureError, erase
from surveys.privacy.rows import records_of, rows_of
from surveys.privacy.schema import schema
from surveys.privacy.subject_export import archive, readable, subject_export
from surveys.protocols import store as protocol_store
from tests.patients import Invited, invite, seen_by
from tests.privacy.person import FORMER, episode_of, leave, lived, vault_of
from tests.scored import scored_before
from tests.views.test_patient import begin, save, stored

WHY = "Asked by telephone, called back on the number on file"


def exported(app: Flask, invited: Invited) -> dict[str, Any]:
    with seen_by(app, invited.clinic_id) as session:
        patient, clinic = session.get_one(Patient, invited.patient_id), session.get_one(Clinic, invited.clinic_id)
        made = subject_export(session, vault_of(app), clinic, patient, actor=SYSTEM, now=app_now(session))
        session.commit()
    return made


def erased(app: Flask, invited: Invited, *, withhold: bool = False) -> dict[str, Any]:
    with seen_by(app, invited.clinic_id) as session:
        patient, clinic = session.get_one(Patient, invited.patient_id), session.get_one(Clinic, invited.clinic_id)
        how = {"cause": "request", "reason": WHY, "withhold": withhold, "actor": SYSTEM, "now": app_now(session)}
        row = erase(session, vault_of(app), clinic, patient, **how)  # type: ignore[arg-type]
        session.commit()
        return row.proof


def gone(app: Flask, client: FlaskClient) -> Invited:
    invited = lived(app, client)
    with seen_by(app, invited.clinic_id) as session:
        leave(session, invited)
        session.commit()
    return invited


def test_s27_the_export_follows_its_schema_and_holds_every_row_of_the_person(app: Flask, client: FlaskClient) -> None:
    invited = lived(app, client)
    made = json.loads(json.dumps(exported(app, invited)))
    jsonschema.Draft202012Validator(schema(), format_checker=jsonschema.FormatChecker()).validate(made)
    person = made["tables"]["patient"]["rows"][0]
    told = (person["first_name"], person["surname"], person["email"], person["phone"], person["chart_number"])
    assert told == FORMER
    answers = made["tables"]["answer"]["rows"]
    assert [row["level"] for row in sorted(answers, key=lambda row: row["id"])] == [2, 3]  # every version
    assert {row["step"] for row in made["tables"]["message"]["rows"]} >= {"invitation", "reminder_1"}
    assert "participation" in {row["kind"] for row in made["tables"]["consent"]["rows"]}
    assert made["tables"]["audit_event"]["rows"]
    with seen_by(app, invited.clinic_id) as session:
        rows = rows_of(session, [invited.patient_id])
        for name, table in made["tables"].items():
            assert len(table["rows"]) == len(rows[name]), name


def test_s27_every_table_that_leads_to_a_patient_by_foreign_key_is_in_the_export(app: Flask) -> None:
    made = exported(app, invite(app))
    reach, size = {"patient"}, 0
    while len(reach) > size:
        size = len(reach)
        for name, table in Base.metadata.tables.items():
            if {key.referred_table.name for key in table.foreign_key_constraints} & reach:
                reach.add(name)
    assert reach - {"audit_link"} <= set(made["tables"])


def test_s27_an_export_shows_nothing_of_another_patient_and_no_digest(app: Flask, client: FlaskClient) -> None:
    mine = lived(app, client)
    other = invite(app, clinic_id=mine.clinic_id, first_name="Bartholomew")
    with seen_by(app, mine.clinic_id) as session:
        first, *others = session.scalars(select(Staff).order_by(Staff.id)).all()
        who = Actor("staff", first.id)
        record_view(session, mine.clinic_id, who, "patients.show", [mine.patient_id], now=app_now(session))
        session.commit()
    body = json.dumps(exported(app, mine))
    assert json.loads(body)["staff"] == {str(first.id): first.name}, "who had to do with the person, and nobody else"
    assert others
    assert "Bartholomew" not in body
    assert str(other.patient_id) not in body
    assert str(other.visit_id) not in body
    assert "token_digest" not in body
    assert "_index" not in body


def test_s27_the_export_can_be_read_without_a_program(app: Flask, client: FlaskClient) -> None:
    made = exported(app, lived(app, client))
    page = readable(made)
    assert "Wilhelmina" in page
    assert "<script" not in page
    with zipfile.ZipFile(io.BytesIO(archive(made))) as files:
        assert files.namelist() == ["export.json", "schema.json", "read-me.html"]
        assert json.loads(files.read("export.json")) == json.loads(json.dumps(made))


def test_s27_erasure_removes_the_identity_and_proves_it(app: Flask, client: FlaskClient) -> None:
    invited = gone(app, client)
    answers = stored(app, invited)
    proof = erased(app, invited)
    assert proof["complete"] is True
    assert proof["left"] == {}
    assert proof["key_destroyed"] is True
    assert proof["former_values"] == len(FORMER)
    assert proof["rows_before"] == proof["rows_after"]
    assert stored(app, invited) == answers  # under the number
    with seen_by(app, invited.clinic_id) as session:
        patient = session.get_one(Patient, invited.patient_id)
        details = contact(vault_of(app), patient)
        assert (details.first_name, details.surname, details.email, details.birth_year) == ("", "", None, None)
        assert find_by_chart(session, vault_of(app), FORMER[4]) is None
        assert session.scalars(select(Message).where(Message.state.in_(("planned", "claimed", "held")))).all() == []
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "erased")).one()
        assert event.new is not None
        assert event.new["proof"]["complete"] is True
        assert event.reason == WHY


def test_s27_no_former_value_stands_in_any_text_of_the_clinic_afterwards(app: Flask, client: FlaskClient) -> None:
    invited = gone(app, client)
    erased(app, invited)
    with seen_by(app, invited.clinic_id) as session:
        for name in Base.metadata.tables:
            body = " ".join(session.execute(text(f'SELECT to_jsonb(t)::text FROM "{name}" t')).scalars())  # noqa: S608
            assert not [value for value in FORMER if value.casefold() in body.casefold()], name


def test_s27_the_audit_of_an_erased_person_opens_for_nobody(app: Flask, client: FlaskClient) -> None:
    invited = gone(app, client)
    before = json.dumps(exported(app, invited)["tables"]["audit_event"])
    assert "Oxenstierna" in before
    erased(app, invited)
    after = json.dumps(exported(app, invited)["tables"]["audit_event"])
    assert "Oxenstierna" not in after
    assert "patient_changed" in after  # that it was done stays


def figures(app: Flask, invited: Invited, at: datetime) -> Dashboard:
    with app.test_request_context(), seen_by(app, invited.clinic_id) as session:
        row = protocol_store.get(session, episode_of(session, invited).protocol_id)
        protocol = protocol_store.protocol_of(row)
        return build(session, protocol, Filters(protocol.code), now=at)


def numbers(board: Dashboard) -> object:
    """Everything the dashboard says; as text, since what is not known equals nothing, not even itself."""
    rows = {figure.code: repr(figure.table.rows) for figure in board.figures}
    return board.enrolled, [(rate.arm, rate.timepoint, rate.counts, rate.members) for rate in board.headline], rows


def test_s27_erasure_leaves_every_figure_as_it_was_unless_the_person_wants_out(app: Flask, client: FlaskClient) -> None:
    def left() -> Invited:
        invited = invite(app, timepoint="m1")
        scored_before(app, invited, "odi", 40)
        begin(client, invited)
        save(client, "/s/odi/1", "2")
        with seen_by(app, invited.clinic_id) as session:
            leave(session, invited)
            session.commit()
        return invited

    staying, leaving, at = left(), left(), datetime.now(UTC)
    before = numbers(figures(app, staying, at))
    erased(app, staying)
    assert numbers(figures(app, staying, at)) == before
    assert figures(app, leaving, at).enrolled == 1
    erased(app, leaving, withhold=True)
    assert figures(app, leaving, at).enrolled == 0
    with seen_by(app, leaving.clinic_id) as session:
        assert session.scalars(select(Answer)).all()
        assert session.scalars(select(Score)).all()  # kept, counted nowhere


def test_s27_nobody_is_erased_while_follow_up_runs_nor_twice_nor_with_a_name_in_the_reason(
    app: Flask, client: FlaskClient
) -> None:
    invited = lived(app, client)
    with pytest.raises(ErasureError, match="still running"):
        erased(app, invited)
    with seen_by(app, invited.clinic_id) as session:
        leave(session, invited)
        session.commit()
    with seen_by(app, invited.clinic_id) as session:
        patient, clinic = session.get_one(Patient, invited.patient_id), session.get_one(Clinic, invited.clinic_id)
        how = {"cause": "request", "actor": SYSTEM, "now": app_now(session)}
        with pytest.raises(ErasureError, match="out of the reason"):
            erase(session, vault_of(app), clinic, patient, reason="Mrs Oxenstierna phoned", **how)  # type: ignore[arg-type]
    erased(app, invited)
    with pytest.raises(ErasureError, match="already"):
        erased(app, invited)


def test_s27_erasure_keeps_the_append_only_wall(app: Flask, client: FlaskClient) -> None:
    invited = gone(app, client)
    erased(app, invited)
    with seen_by(app, invited.clinic_id) as session:
        assert session.scalars(select(Erasure)).one().proof["left"] == {}
        for change in ("UPDATE answer SET reason = NULL", "DELETE FROM score", "UPDATE audit_event SET reason = NULL"):
            with pytest.raises(DBAPIError, match="permission denied"):
                session.execute(text(change))
            session.rollback()


def test_s27_an_erased_person_is_asked_and_mailed_nothing(app: Flask, client: FlaskClient) -> None:
    invited = gone(app, client)
    erased(app, invited)
    assert client.get(f"/q/{invited.token}", base_url="https://localhost").status_code == 404
    assert client.get("/s/odi/1", base_url="https://localhost").status_code in (403, 404)
    client.post(f"/q/{invited.token}/fresh", base_url="https://localhost")
    with seen_by(app, invited.clinic_id) as session:
        assert session.scalars(select(Message).where(Message.issue > 1)).all() == []
        assert records_of(session, session.get_one(Patient, invited.patient_id)) == [invited.patient_id]
        assert session.scalars(select(Episode)).one().patient_id == invited.patient_id


def test_s27_a_short_name_is_looked_for_as_a_word_and_found_as_one(app: Flask) -> None:
    invited = invite(app, first_name="Tim")
    with seen_by(app, invited.clinic_id) as session:
        leave(session, invited)
        patient, clinic = session.get_one(Patient, invited.patient_id), session.get_one(Clinic, invited.clinic_id)
        how = {"cause": "request", "actor": SYSTEM, "now": app_now(session)}
        for named in ("Asked by Tim", "TIM'S wish", "Tims Wunsch", "(tim)"):
            with pytest.raises(ErasureError, match="out of the reason"):
                erase(session, vault_of(app), clinic, patient, reason=named, **how)  # type: ignore[arg-type]
        row = erase(session, vault_of(app), clinic, patient, reason="Asked for the second time", **how)  # type: ignore[arg-type]
        assert row.proof["complete"] is True
