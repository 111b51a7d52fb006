"""Two clinics with a row of every kind in each, and a browser for everyone who may try an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import Flask, current_app
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.access.chain.audit import SYSTEM, Actor
from surveys.access.keys.encryption import Vault
from surveys.access.opt_out import opt_out_url
from surveys.access.registry import grant, grants
from surveys.access.signin.sessions import open_session
from surveys.db import Base, app_now, clinic_session, real_now
from surveys.exchange import jobs
from surveys.models import Alert, Clinic, Consent, Episode, Patient, Response, Staff, Visit
from surveys.outcomes.public.page import set_page
from surveys.pathway.endings import record_ending
from surveys.pathway.episodes import TreatmentDetails, plan_treatment
from surveys.people.goals import set_goal
from surveys.privacy.merging import merge
from surveys.views.filter_form import FEWEST
from tests.factories import BEGINNING, MadeClinic, add_member, make_clinic
from tests.patients import Invited, invite
from tests.scored import scored_before
from tests.security.stated import stated
from tests.staff_browser import SITE, signed_in

EXTRA = {"registry_analyst": "registry_analyst", "disabled": "clinician", "victim": "clinician"}  # login: role
RAW = "0123456789abcdef0123456789abcdef01234567"  # what a browser's form session holds; a page carries it signed
PATIENT_COOKIE = "__Host-patient"
Ids = Mapping[str, str]  # the arguments of addresses, by their names


@dataclass(frozen=True)
class World:
    """``own``, ``other``: two patients of clinic A with all that hangs on them; ``foreign``: one of clinic B."""

    app: Flask
    a: MadeClinic
    b: MadeClinic
    own: Ids
    other: Ids
    foreign: Ids

    def browser(self, who: str) -> FlaskClient:
        """Return a new browser of one of ``ACTORS``, whose form session is ready to post."""
        client = ACTORS[who](self)
        with client.session_transaction(base_url=SITE) as session:
            session["csrf_token"] = RAW
        return client

    def token(self) -> str:
        """Return what the forms of these browsers carry."""
        return str(URLSafeTimedSerializer(str(self.app.secret_key), salt="wtf-csrf-token").dumps(RAW))


def _anonymous(world: World) -> FlaskClient:
    return world.app.test_client()


def _patient(ids: Callable[[World], Ids]) -> Callable[[World], FlaskClient]:
    """A patient's phone, past the first screen when the world was made: its link may have ended since."""

    def opened(world: World) -> FlaskClient:
        client = world.app.test_client()
        client.set_cookie(PATIENT_COOKIE, ids(world)["cookie"], domain="localhost", secure=True, httponly=True)
        return client

    return opened


def _past_the_first_screen(app: Flask, token: str) -> str:
    """Return the cookie of a phone that has begun."""
    client = app.test_client()
    reply = client.post(f"/q/{token}", data={"respondent": "self", "consent": "y"}, base_url=SITE)
    assert reply.status_code == 303
    cookie = client.get_cookie(PATIENT_COOKIE)
    assert cookie
    return cookie.value


def _staff(role: str, clinic: Callable[[World], MadeClinic]) -> Callable[[World], FlaskClient]:
    return lambda world: signed_in(world.app, clinic(world), role)


def _disabled(world: World) -> FlaskClient:
    """Somebody who was signed in when the account was disabled."""
    client = signed_in(world.app, world.a, "disabled")
    with world.app.app_context(), clinic_session(world.a.id) as session:
        person = session.scalars(select(Staff).where(Staff.login == world.a.logins["disabled"])).one()
        person.disabled_at = BEGINNING
        session.commit()
    return client


ACTORS: Mapping[str, Callable[[World], FlaskClient]] = {
    "anonymous": _anonymous,
    "patient A": _patient(lambda world: world.own),
    "patient B": _patient(lambda world: world.other),
    "clinician A": _staff("clinician", lambda world: world.a),
    "clinician B": _staff("clinician", lambda world: world.b),
    "coordinator": _staff("coordinator", lambda world: world.a),
    "analyst": _staff("analyst", lambda world: world.a),
    "admin": _staff("admin", lambda world: world.a),
    "registry analyst": _staff("registry_analyst", lambda world: world.a),
    "disabled": _disabled,
}


def build(app: Flask) -> World:
    """Make both clinics through the application's functions."""
    with app.app_context():
        a, b = (_staffed(make_clinic()) for _ in range(2))
    for clinic in (a, b):
        several = [invite(app, clinic_id=clinic.id) for _number in range(FEWEST)]
        for one in several:  # so that those who read without names see a figure
            scored_before(app, one, "nrs_active", 8)
        _merge(app, *several[:2])
    return World(app, a, b, *(_ids(app, clinic) for clinic in (a, a, b)))


def _merge(app: Flask, kept: Invited, duplicate: Invited) -> None:
    with app.app_context(), clinic_session(kept.clinic_id) as session:
        clinic = session.get_one(Clinic, kept.clinic_id)
        both = [session.get_one(Patient, one.patient_id) for one in (kept, duplicate)]
        merge(session, clinic, *both, reason="the same person", actor=SYSTEM, now=app_now(session))
        session.commit()


def _staffed(made: MadeClinic) -> MadeClinic:
    """Add whom every clinic of the tests lacks; each clinic lets its own registry analyst in."""
    logins = {name: f"{name}-{made.id.hex[-12:]}" for name in EXTRA}
    with clinic_session(made.id) as session:
        for name, login in logins.items():
            add_member(session, made.id, login, f"Test {name}", EXTRA[name], now=BEGINNING)
        session.commit()
    return MadeClinic(made.id, made.logins | logins)


def _ids(app: Flask, clinic: MadeClinic) -> Ids:
    invited = invite(app, clinic_id=clinic.id, timepoint="m1")
    scored_before(app, invited, "nrs_active", 8)
    with app.app_context(), clinic_session(clinic.id) as session:
        of_patient, of_clinic = _of_patient(session, app.extensions["vault"], invited), _of_clinic(session, clinic)
        rows = _any_of_each(session) | of_clinic | of_patient
        said = stated(session, clinic)
        rows["session_id"] = rows["staff_session_id"]
        session.commit()
    url = opt_out_url(SITE, str(app.secret_key), clinic.id, rows["episode_id"])
    made = {name: str(row) for name, row in {**rows, **said}.items()}
    made["cookie"] = _past_the_first_screen(app, invited.token)
    made["slug"] = slug_of(clinic)
    made["stop_token"] = app.extensions["backstory"].sms.stop_token
    return made | {"token": invited.token, "opt_out": url.rpartition("/")[2]}


def _any_of_each(session: Session) -> dict[str, UUID]:
    """A row of each table for addresses that name one, so that a new route needs nothing here."""
    tables = [table for table in Base.metadata.sorted_tables if {"clinic_id", "id"} <= set(table.columns.keys())]
    rows = {f"{each.name}_id": session.scalar(select(each.c.id).order_by(each.c.id).limit(1)) for each in tables}
    return {name: row for name, row in rows.items() if row}


def _of_patient(session: Session, vault: Vault, invited: Invited) -> dict[str, UUID]:
    now = app_now(session)
    clinician = Actor("staff", session.scalars(select(Staff.id).where(Staff.role == "clinician")).first())
    clinic = session.get_one(Clinic, invited.clinic_id)
    episode = session.get_one(Episode, session.get_one(Visit, invited.visit_id).episode_id)
    far = TreatmentDetails(now.date() + timedelta(days=400), "prp")
    treatment = plan_treatment(session, clinic, episode, far, actor=SYSTEM, now=now)
    facts = {"reason": None, "actor": SYSTEM, "now": now}
    ending = record_ending(session, clinic, episode, "reminders_stopped", now.date(), **facts)  # type: ignore[arg-type]
    consent = session.scalars(select(Consent.id).where(Consent.patient_id == invited.patient_id)).first()
    visits = select(Visit.id).where(Visit.episode_id == episode.id)
    response = session.scalars(select(Response.id).where(Response.visit_id.in_(visits))).first()
    assert consent
    assert response
    found = {"patient": invited.patient_id, "episode": episode.id, "visit": invited.visit_id, "consent": consent}
    found |= {"treatment": treatment.id, "ending": ending.id, "response": response}
    found["alert"] = _alert(session, invited, response, now)
    found["goal"] = set_goal(session, vault, episode, "Walk to the sea", on=now.date(), actor=clinician, now=now).id
    return {f"{name}_id": row for name, row in found.items()}


def _alert(session: Session, invited: Invited, response_id: UUID, now: datetime) -> UUID:
    """One that waits for somebody."""
    what = {"kind": "deterioration", "subject": "nrs_active", "rule": "worse by >= 3.6", "before": 2, "after": 8}
    row = Alert(clinic_id=invited.clinic_id, response_id=response_id, raised_at=now, due_at=now, **what)
    session.add(row)
    session.flush()
    return row.id


def _of_clinic(session: Session, clinic: MadeClinic) -> dict[str, UUID]:
    """Rows that belong to no patient."""
    now = app_now(session)
    staff = {row.login: row.id for row in session.execute(select(Staff.login, Staff.id))}
    admin, login = Actor("staff", staff[clinic.logins["admin"]]), clinic.logins["registry_analyst"]
    known = grants(session)
    open_session(session, session.get_one(Staff, staff[clinic.logins["victim"]]), now=real_now(session))
    session.flush()
    row = known[0] if known else grant(session, clinic.id, login, actor=admin, now=now)
    order = {"filters": "protocol=spine"}
    asked_by = Actor("staff", staff[clinic.logins["coordinator"]])
    job = jobs.ask(session, clinic.id, "export", order, actor=asked_by, now=real_now(session))
    wanted = order | {"rule": "odi change >= 10", "asked_by": str(asked_by.id)}
    report = jobs.ask(session, clinic.id, "report", wanted, actor=asked_by, now=real_now(session))
    vault, slug = current_app.extensions["vault"], slug_of(clinic)
    set_page(session, clinic.id, slug, vault, opened=True, actor=admin, now=now)
    staff_id = staff[clinic.logins["victim"]]
    return {"staff_id": staff_id, "grant_id": row.id, "job_id": job.id, "report_id": report.id}


def slug_of(clinic: MadeClinic) -> str:
    """The address of its public page."""
    return f"clinic-{clinic.id.hex[-12:]}"
