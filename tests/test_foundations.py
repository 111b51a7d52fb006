"""What the database itself holds: row-level security, grants, triggers, roles."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.orm import Session

from local import roles
from local.postgres import Postgres
from surveys.access.roles import UnsafeRoleError, refuse_powerful_role
from surveys.application import create_app
from surveys.config import read_config
from surveys.db import Base, clinic_session, db, uuid7
from surveys.models import AuditEvent, Clinic, Patient, Staff
from tests.factories import BEGINNING, make_clinic

UNTENANTED = {"clinic", "login_attempt", "domain_clock", "operation", "relay_bucket"}
TENANT = sorted(set(Base.metadata.tables) - UNTENANTED)
APPEND_ONLY = (
    *("answer", "audit_check", "audit_event", "audit_link", "audit_seal", "score", "screen_use"),
    *("analysis_plan", "claim_signature", "goal_rating", "opioid_dose", "saved_cohort"),
)


@pytest.fixture(scope="module")
def catalogue(postgres: Postgres) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(postgres.url("postgres", roles.DATABASE), autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("table", TENANT)
def test_every_tenant_table_is_bound_to_its_clinic(
    catalogue: psycopg.Connection[tuple[object, ...]], table: str
) -> None:
    forced = catalogue.execute(
        "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", (table,)
    ).fetchone()
    policy = catalogue.execute(
        "SELECT roles::text, cmd, qual, with_check FROM pg_policies WHERE tablename = %s AND policyname = %s",
        (table, f"{table}_clinic"),
    ).fetchone()
    assert forced == (True,)
    assert policy is not None
    assert policy[:2] == ("{backstory_app}", "ALL")
    assert policy[2] == policy[3]
    assert "clinic_id = ( SELECT (NULLIF(current_setting('backstory.clinic'" in str(policy[2]), "decision 0036"
    assert "clinic_id" in Base.metadata.tables[table].columns
    assert not Base.metadata.tables[table].columns["clinic_id"].nullable


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_append_only_tables_have_neither_grant_nor_way_round(
    catalogue: psycopg.Connection[tuple[object, ...]], table: str
) -> None:
    grants = catalogue.execute(
        "SELECT privilege_type FROM information_schema.role_table_grants WHERE table_name = %s AND grantee = %s",
        (table, roles.APP),
    ).fetchall()
    triggers = catalogue.execute(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", (table,)
    ).fetchall()
    assert {grant for (grant,) in grants} == {"SELECT", "INSERT"}
    assert {name for (name,) in triggers} >= {f"{table}_append_only", f"{table}_no_truncate"}


def test_no_function_but_these_crosses_clinics(catalogue: psycopg.Connection[tuple[object, ...]]) -> None:
    definers = catalogue.execute(
        "SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace"
        " WHERE prosecdef AND nspname = 'public' ORDER BY proname"
    ).fetchall()
    known = [
        "clinic_ids",
        "clinics_due",
        "clinics_with_jobs",
        "find_link",
        "find_login",
        "find_public_page",
        "find_registry_analyst",
        "granted_clinics",
        "service_figures",
    ]
    assert [name for (name,) in definers] == known


def test_a_query_without_a_filter_sees_one_clinic_and_without_a_clinic_nothing(app: Flask) -> None:
    with app.app_context():
        first, second = make_clinic(), make_clinic()
        with clinic_session(first.id) as session:
            assert session.scalars(select(Clinic.id)).all() == [first.id]
            assert set(session.scalars(select(Staff.clinic_id))) == {first.id}
        with clinic_session(second.id) as session:
            assert set(session.scalars(select(Staff.clinic_id))) == {second.id}
        with Session(db.engine) as session:
            assert session.scalar(select(func.count()).select_from(Staff)) == 0


def test_a_row_for_another_clinic_is_refused(app: Flask) -> None:
    with app.app_context():
        first, second = make_clinic(), make_clinic()
        with clinic_session(first.id) as session:
            session.add(_event(second.id))
            with pytest.raises(ProgrammingError, match="row-level security"):
                session.flush()


def test_audit_rows_cannot_be_changed_by_the_application(app: Flask) -> None:
    with app.app_context():
        clinic = make_clinic()
        with clinic_session(clinic.id) as session:
            session.add(_event(clinic.id))
            session.commit()
            for change in ("UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event"):
                with pytest.raises(DBAPIError, match="permission denied"):
                    session.execute(text(change))
                session.rollback()


def test_not_even_the_superuser_edits_an_audit_row_by_accident(
    app: Flask, catalogue: psycopg.Connection[tuple[object, ...]]
) -> None:
    with app.app_context():
        clinic = make_clinic()
        with clinic_session(clinic.id) as session:
            session.add(_event(clinic.id))
            session.commit()
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        catalogue.execute("UPDATE audit_event SET action = 'x'")


@pytest.mark.parametrize("role", ["postgres", roles.OWNER])
def test_the_application_refuses_a_powerful_role(postgres: Postgres, role: str) -> None:
    engine = create_engine(postgres.alchemy_url(role))
    with engine.connect() as connection, pytest.raises(UnsafeRoleError, match="backstory_app"):
        refuse_powerful_role(connection)
    engine.dispose()


def test_the_factory_itself_refuses_the_owner(postgres: Postgres, environment: dict[str, str]) -> None:
    with pytest.raises(UnsafeRoleError):
        create_app(read_config({**environment, "DATABASE_URL": postgres.alchemy_url(roles.OWNER)}))


def test_foreign_keys_cannot_reach_into_another_clinic() -> None:
    for table in TENANT:
        for constraint in Base.metadata.tables[table].foreign_key_constraints:
            if constraint.referred_table.name != "clinic":
                assert "clinic_id" in constraint.column_keys, f"{table}: {constraint.name}"
    assert "patient" in TENANT
    assert Patient.__tablename__ == "patient"


def _event(clinic_id: UUID) -> AuditEvent:
    return AuditEvent(
        clinic_id=clinic_id,
        at=BEGINNING,
        actor_kind="system",
        action="tried",
        subject="clinic",
        subject_id=uuid7(),
    )
