"""S23: every act of staff leaves its audit row in its own transaction, and an act that fails leaves none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from local import roles
from local.postgres import Postgres
from surveys.access.chain.audit import Actor
from surveys.access.policy import STAFF
from surveys.access.signin import factors, totp
from surveys.db import Base, app_now, clinic_session, real_now
from surveys.models import AuditEvent, Claim, Episode, Merge, Message, Patient, Response, Staff, StaffSession, Visit
from surveys.outbox.suppressing import suppress_of
from surveys.people.goals import set_goal
from tests.page_forms import form_to
from tests.patients import invite
from tests.security.found_forms import filled
from tests.security.world import World, build
from tests.staff_browser import SITE, signed_in

YESTERDAY = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
NEXT_YEAR = (datetime.now(UTC).date() + timedelta(days=300)).isoformat()
PERSON = {"chart_number": "W-1", "first_name": "Ada", "surname": "Byron", "channel": "none", "language": "en"}
EPISODE = {"protocol": "spine", "arm": "treated", "pain_generator": "facet", "product": "prp"}
SIGNED = {"consent_version": "1", "signed_on": YESTERDAY}
FILE = "chart_number,first_name,surname,arm,pain_generator\nW-2,Mary,Somerville,treated,facet\n"
PAST = "patient_number,timepoint,nrs11_active\n{past_number},{past_timepoint},4\n"
NOBODY = "01890000-0000-7000-8000-000000000001"
NEW_PASSWORD = "quite another long password"
# They write nothing: a look at what was typed, and proving once more who is there.
READ_ONLY = {"answers_import.check", "imports.look", "imports.rest"}
# Need an institution that vouches, or a record whose time has run out; their own tests assert the row.
ELSEWHERE = {"member.link_identity", "retention.erase_now", "retention.yes"}
# A savepoint has a number of its own, which follows its transaction's.
PARTS = {"acts.resend": 2}
# Triggers write this feed, inside whichever savepoint the watched row changes in; it names its transaction itself.
BY_TRANSACTION = {"outcome_change": "transaction"}
# What a request of any kind keeps: who was last seen, counted tries, forms shown.
KEPT_BY_EACH = {"audit_event", "staff_session", "login_attempt"}


@dataclass(frozen=True)
class Act:
    """A request that succeeds, and what makes it fail: another body, or where that is None an id that nobody has."""

    who: str
    path: str
    typed: Mapping[str, str] = field(default_factory=dict)
    bad: Mapping[str, str] | None = None


ACTS: Mapping[str, Act] = {
    "alerts.look": Act("clinician A", "/alerts/{alert_id}", {"note": "phoned"}, {"note": ""}),
    "alert_settings.save": Act("admin", "/alerts/settings", {"deputy": "{staff_id}"}, {"deputy": ""}),
    "cohorts.save": Act("coordinator", "/cohorts", {"name": "Women", "filters": "protocol=spine sex=female"}, {}),
    "cohorts.retire": Act("coordinator", "/cohorts/{cohort_id}/retire"),
    "cohorts.bring_back": Act("coordinator", "/cohorts/{cohort_id}/bring-back"),
    "exports.ask": Act("coordinator", "/exports", {"filters": "protocol=spine"}, {"filters": "nonsense"}),
    "exports.cancel": Act("coordinator", "/exports/{job_id}/cancel"),
    "reports.ask": Act(
        "coordinator", "/reports", {"filters": "protocol=spine", "rule": "odi change >= 10"}, {"filters": "nonsense"}
    ),
    "reports.cancel": Act("coordinator", "/reports/{report_id}/cancel"),
    "answers_import.store": Act(
        "coordinator", "/patients/import-answers/store", {"text": PAST, "agreed": "yes"}, {"text": PAST}
    ),
    "plans.write": Act(
        "admin",
        "/plans",
        {"protocol": "spine", "title": "P", "rule": "odi change >= 10", "timepoint": "m12", "kind": "complications"},
        {"protocol": "spine"},
    ),
    "claims.make": Act(
        "clinician A", "/claims", {"protocol": "spine", "kind": "complications"}, {"protocol": "spine", "kind": "x"}
    ),
    "claims.sign": Act("admin", "/claims/{claim_number}/sign"),
    "claims.withdraw": Act("admin", "/claims/{claim_number}/withdraw", {"reason": "a slip"}, {}),
    "enrolment.save": Act("coordinator", "/patients/new", PERSON | EPISODE, {}),
    "imports.apply": Act("coordinator", "/patients/import/enrol", {"text": FILE}, {"text": "nonsense"}),
    "details.right_again": Act("coordinator", "/patients/{patient_id}/right-again"),
    "details.withdraw_consent": Act("coordinator", "/consents/{consent_id}/withdraw"),
    "details.save": Act("coordinator", "/patients/{patient_id}/details", PERSON | {"chart_number": "W-3"}, {}),
    "details.open_episode": Act("coordinator", "/patients/{patient_id}/episodes/new", EPISODE, {}),
    "acts.resend": Act("coordinator", "/visits/{open_id}/resend"),
    "desk.show_code": Act("coordinator", "/visits/{open_id}/qr"),
    "item_entry.begin": Act(
        "coordinator", "/visits/{open_id}/enter", SIGNED | {"mode": "interview"}, {"mode": "guess"}
    ),
    "queue.log": Act("coordinator", "/queue/{open_id}", {"outcome": "no_answer", "seen": "0"}, {}),
    "entry.save": Act("coordinator", "/visits/{open_id}/answers/nrs11", {"mode": "paper"}, {}),
    "acts.ask_now": Act("coordinator", "/episodes/{asked_id}/questionnaire"),
    "entry.change": Act("clinician A", "/responses/{sent_id}/amend", {"reason": "misread"}, {}),
    "acts.add_treatment": Act(
        "coordinator", "/episodes/{episode_id}/treatments", {"treatment_on": NEXT_YEAR, "product": "prp"}, {}
    ),
    "acts.settle": Act("coordinator", "/treatments/{treatment_id}", {"state": "cancelled"}, {}),
    "acts.correct_care": Act(
        "coordinator", "/episodes/{episode_id}/care", {"diagnosis": "M51.1"}, {"diagnosis": "slipped disc"}
    ),
    "acts.correct_index_date": Act(
        "coordinator", "/episodes/{episode_id}/index-date", {"on_date": YESTERDAY, "reason": "slip"}, {}
    ),
    "acts.add_endpoint": Act(
        "coordinator", "/episodes/{episode_id}/endpoints", {"kind": "surgery", "on_date": YESTERDAY}, {}
    ),
    "acts.revoke": Act("coordinator", "/endings/{ending_id}/revoke"),
    "acts.end": Act("coordinator", "/episodes/{episode_id}/endings", {"kind": "lost", "on_date": YESTERDAY}, {}),
    "goals.save": Act("coordinator", "/episodes/{episode_id}/goal", {"words": "Dance at the wedding"}, {"words": ""}),
    "goals.rate": Act("coordinator", "/goals/{rated_id}/ratings", {"rating": "4", "mode": "paper"}, {"rating": "11"}),
    "opioids.save": Act(
        "coordinator", "/episodes/{asked_id}/opioids", {"on_date": YESTERDAY, "says": "none"}, {"says": "none"}
    ),
    "held.settle": Act("coordinator", "/held/{held_id}", {"act": "cancel"}, {"act": "x"}),
    "held.settle_group": Act("coordinator", "/held/all/later", {"act": "cancel"}, {"act": "x"}),
    "links.reissue": Act("coordinator", "/visits/{reissue_id}/reissue"),
    "privacy.give": Act("coordinator", "/patients/{patient_id}/consents/research/give", {"on_date": YESTERDAY}, {}),
    "privacy.take_back": Act("coordinator", "/patients/{patient_id}/consents/research/withdraw"),
    "privacy.export": Act("admin", "/patients/{patient_id}/export"),
    "merging.join": Act(
        "admin",
        "/patients/{patient_id}/merge",
        {"with": "{other_number}", "kept": "{number}", "reason": "one person"},
        {"with": "{other_number}", "kept": "{number}"},
    ),
    "merging.part": Act("admin", "/merges/{merge_id}/part", {"reason": "two persons"}, {}),
    "erasing.act": Act(
        "admin",
        "/patients/{erased_id}/erase",
        {"reason": "asked for it", "number": "{erased_number}", "leaves": "y"},
        {"reason": "asked for it", "number": "0"},
    ),
    "holidays.add": Act("admin", "/settings/holidays", {"on_date": NEXT_YEAR, "name": "Founders' day"}, {}),
    "holidays.remove": Act("admin", "/settings/holidays/remove", {"on_date": NEXT_YEAR}, {}),
    "publishing.save": Act("admin", "/publishing", {"slug": "page-{unique}", "opened": "y"}, {"slug": "No address"}),
    "publishing.statements": Act("admin", "/publishing/statements", {"chosen": "1"}, {"position-1": "x"}),
    "publishing.new_key": Act("admin", "/publishing/key"),
    "settings.save": Act("admin", "/settings", {"phone": "+44 20 7946 0999"}, {"sender_name": ""}),
    "registry_access.stop": Act("admin", "/registry/access/{grant_id}/revoke"),
    "registry_access.allow": Act("admin", "/registry/access", {"login": "{analyst}"}, {"login": "nobody"}),
    "team.invite": Act(
        "admin",
        "/team/new",
        {"name": "Ida", "email": "ida@clinic.example", "login": "ida-{unique}", "role": "clinician"},
        {},
    ),
    "member.change_role": Act("admin", "/team/{staff_id}/role", {"role": "coordinator"}, {"role": "emperor"}),
    "member.change_email": Act("admin", "/team/{staff_id}/email", {"email": "new@clinic.example"}, {"email": "none"}),
    "member.remove_factor": Act("admin", "/team/{staff_id}/second-factor/remove"),
    "member.invite_again": Act("admin", "/team/{staff_id}/invite-again"),
    "member.disable": Act("admin", "/team/{staff_id}/disable"),
    "member.enable": Act("admin", "/team/{staff_id}/enable"),
    "confirm.check": Act("admin", "/confirm", {"password": "a long enough password"}, {"password": "wrong"}),
    "setting_up.own_confirm": Act("clinician A", "/account/second-factor", {"code": "{code}"}, {"code": "000000"}),
    "setting_up.own_codes": Act("clinician A", "/account/recovery-codes"),
    "account.end_others": Act("coordinator", "/account/sessions/end-others"),
    "account.end_session": Act("coordinator", "/account/sessions/{session_id}/end"),
    "account.change_password": Act(
        "coordinator",
        "/account/password",
        {"password": NEW_PASSWORD, "again": NEW_PASSWORD},
        {"password": "x", "again": "x"},
    ),
}


@dataclass
class Stage:
    """The clinic, its browsers, and a superuser who sees which transaction wrote which row."""

    app: Flask
    world: World
    ids: dict[str, str]
    superuser: psycopg.Connection[tuple[object, ...]]
    browsers: dict[str, FlaskClient] = field(default_factory=dict)

    def browser(self, who: str) -> FlaskClient:
        if who not in self.browsers:
            self.browsers[who] = self.world.browser(who)
        return self.browsers[who]

    def post(self, act: Act, typed: Mapping[str, str], ids: Mapping[str, str]) -> int:
        body = {name: value.format(**ids) for name, value in typed.items()} | {"csrf_token": self.world.token()}
        return self.browser(act.who).post(act.path.format(**ids), data=body, base_url=SITE).status_code

    def now(self) -> int:
        (number,) = self.superuser.execute("SELECT pg_current_xact_id()::text::bigint").fetchone() or (0,)
        assert isinstance(number, int)
        return number

    def events(self, since: int) -> list[tuple[str, int]]:
        """Act and transaction of what was recorded since; looking at a page is no act."""
        with self.app.app_context(), clinic_session(self.world.a.id) as session:
            rows = session.execute(select(AuditEvent.action, AuditEvent.txid).where(AuditEvent.txid > since))
            return [(row.action, row.txid) for row in rows if row.action != "viewed"]

    def written(self, since: int) -> dict[int, set[str]]:
        """The clinic's tables by the transaction that wrote into them since."""
        found: dict[int, set[str]] = {}
        for name, table in Base.metadata.tables.items():
            if "clinic_id" in table.columns and name not in KEPT_BY_EACH:
                by = BY_TRANSACTION.get(name, "xmin::text::bigint")
                query = f"SELECT DISTINCT {by} FROM {name} WHERE clinic_id = %s AND {by} > %s"  # noqa: S608 - names of our own tables
                for (number,) in self.superuser.execute(query.encode(), (self.world.a.id, since)):
                    assert isinstance(number, int)
                    found.setdefault(number, set()).add(name)
        return found


@pytest.fixture(scope="module")
def stage(app: Flask, postgres: Postgres) -> Iterator[Stage]:
    world = build(app)
    opened, held, erased, reissued, past = (invite(app, clinic_id=world.a.id) for _ in range(5))
    ids = dict(world.own) | {"open_id": str(opened.visit_id), "analyst": world.a.logins["registry_analyst"]}
    ids |= {"unique": world.a.id.hex[-8:], "erased_id": str(erased.patient_id), "reissue_id": str(reissued.visit_id)}
    with app.app_context(), clinic_session(world.a.id) as session:
        now = app_now(session)
        waiting = select(Message).where(Message.visit_id == held.visit_id, Message.due_at > now + timedelta(days=1))
        messages = session.scalars(waiting.order_by(Message.due_at)).all()
        for message in messages:
            message.state = "held"
        ids["held_id"] = str(messages[0].id)
        asked = session.get_one(Episode, session.get_one(Visit, opened.visit_id).episode_id)
        clinician = Actor("staff", UUID(world.own["staff_id"]))
        day = now.date() - timedelta(days=1)
        goal = set_goal(session, app.extensions["vault"], asked, "Dance", on=day, actor=clinician, now=now)
        ids |= {"asked_id": str(asked.id), "rated_id": str(goal.id)}
        people = {"number": world.own["patient_id"], "other_number": world.other["patient_id"]}
        ids["past_timepoint"] = session.get_one(Visit, past.visit_id).timepoint
        people |= {"erased_number": str(erased.patient_id), "past_number": str(past.patient_id)}
        for name, patient_id in people.items():
            ids[name] = str(session.get_one(Patient, patient_id).number)
        victim = session.get_one(Staff, world.own["staff_id"])
        factor, _secret = factors.offered(session, app.extensions["vault"], victim, now=real_now(session))
        factor.confirmed_at = real_now(session)
        session.commit()
    with psycopg.connect(postgres.url("postgres", roles.DATABASE), autocommit=True) as superuser:
        yield Stage(app, world, ids, superuser)


def sheet(stage: Stage, act: Act, instrument: str = "nrs11") -> Mapping[str, str]:
    """What the page's own form would send, with every question answered; send it right away."""
    page = stage.browser(act.who).get(f"/visits/{stage.ids['open_id']}/answers/{instrument}", base_url=SITE).text
    form = filled(form_to(page, act.path.format(**stage.ids)))
    return {name: values[0] for name, values in form.sent().items()} | dict(act.typed)


def entered(stage: Stage, act: Act) -> Mapping[str, str]:
    return {**sheet(stage, act), "send": "1"}


def amended(stage: Stage, act: Act) -> Mapping[str, str]:
    """Another level in place of each; ``entry.save`` has sent the questionnaire before."""
    with stage.app.app_context(), clinic_session(stage.world.a.id) as session:
        sent = select(Response.id).where(Response.visit_id == stage.ids["open_id"], Response.instrument == "nrs11")
        stage.ids["sent_id"] = str(session.scalars(sent).one())
    typed = sheet(stage, act)
    return {name: "3" if value in {str(level) for level in range(11)} else value for name, value in typed.items()}


def second_factor(stage: Stage, act: Act) -> Mapping[str, str]:
    """Open the page that offers a secret, and read the code that a telephone would show."""
    stage.browser(act.who).get(act.path, base_url=SITE)
    with stage.app.app_context(), clinic_session(stage.world.a.id) as session:
        person = session.scalars(select(Staff).where(Staff.login == stage.world.a.logins["clinician"])).one()
        now = real_now(session)
        _factor, secret = factors.offered(session, stage.app.extensions["vault"], person, now=now)
        return {"code": totp.code_at(secret, totp.step_of(now))}


def another_session(stage: Stage, act: Act) -> Mapping[str, str]:
    """Sign in once more elsewhere."""
    stage.browser(act.who)
    signed_in(stage.app, stage.world.a, act.who)
    with stage.app.app_context(), clinic_session(stage.world.a.id) as session:
        stage.ids["session_id"] = str(session.scalars(select(StaffSession.id).order_by(StaffSession.id.desc())).first())
    return act.typed


def parted(stage: Stage, act: Act) -> Mapping[str, str]:
    """The merge that ``merging.join`` has made."""
    with stage.app.app_context(), clinic_session(stage.world.a.id) as session:
        stage.ids["merge_id"] = str(session.scalars(select(Merge.id).order_by(Merge.id.desc())).first())
    return act.typed


def suppressed(stage: Stage, act: Act) -> Mapping[str, str]:
    """A mail to the patient has come back."""
    with stage.app.app_context(), clinic_session(stage.world.a.id) as session:
        patient = session.get_one(Patient, stage.ids["patient_id"])
        assert suppress_of(session, patient, "email", "bounced", now=app_now(session))
        session.commit()
    return act.typed


def published(stage: Stage, act: Act) -> Mapping[str, str]:
    """A statement stands on the public page, and the form has no position for it."""
    with stage.app.app_context(), clinic_session(stage.world.a.id) as session:
        claim = session.scalars(select(Claim).where(Claim.number == int(stage.ids["claim_number"]))).one()
        claim.public_at, claim.public_position = claim.made_at, 1
        session.commit()
    return act.typed


def settings(stage: Stage, act: Act) -> Mapping[str, str]:
    """The page's own form with one entry changed."""
    form = form_to(stage.browser(act.who).get(act.path, base_url=SITE).text, act.path)
    return {name: values[0] for name, values in form.sent().items()} | dict(act.typed)


PREPARED: Mapping[str, Callable[[Stage, Act], Mapping[str, str]]] = {
    "entry.save": entered,
    "entry.change": amended,
    "details.right_again": suppressed,
    "merging.part": parted,
    "alert_settings.save": settings,
    "publishing.statements": published,
    "settings.save": settings,
    "setting_up.own_confirm": second_factor,
    "account.end_others": another_session,
    "account.end_session": another_session,
}


def test_s23_every_act_of_the_policy_table_is_tried(app: Flask) -> None:
    writes = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint in STAFF and (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
    }
    assert writes == set(ACTS) | READ_ONLY | ELSEWHERE


@pytest.mark.parametrize("endpoint", ACTS)
def test_s23_an_act_is_recorded_with_what_it_writes_and_a_failed_one_is_not(stage: Stage, endpoint: str) -> None:
    act = ACTS[endpoint]
    prepare = PREPARED.get(endpoint)
    typed = prepare(stage, act) if prepare else act.typed
    stage.browser(act.who)  # signing in is an act of its own
    since = stage.now()
    if act.bad is not None:
        stage.post(act, act.bad, stage.ids)
    elif "{" in act.path:
        stage.post(act, typed, dict.fromkeys(stage.ids, NOBODY))
    assert stage.events(since) == []
    assert stage.written(since) == {}
    since = stage.now()
    assert stage.post(act, typed, stage.ids) in (200, 302, 303)
    recorded = {number + part for _action, number in stage.events(since) for part in range(PARTS.get(endpoint, 1))}
    assert recorded, f"{endpoint} leaves no audit row"
    silent = {number: tables for number, tables in stage.written(since).items() if number not in recorded}
    assert silent == {}, f"{endpoint} writes without an audit row in the same transaction"
