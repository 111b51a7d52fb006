"""The operations page: every number is a count over the rows, leads to them, and names nobody to an administrator."""

from __future__ import annotations

import csv
import io
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, insert, select, update

from surveys.db import app_now, clinic_session, uuid7
from surveys.models import AuditEvent, Clinic, Message, Patient
from surveys.models.message import TERMINAL, WAITING
from surveys.outbox.figures import SPANS, by_day, waiting
from surveys.outbox.listing import Wanted, listed
from surveys.views.life_cycle import story
from surveys.views.messages_chart import STACKED, chart_of
from tests.factories import MadeClinic
from tests.patients import invite
from tests.staff_browser import SITE, signed_in

STATES = (*WAITING, *TERMINAL)
ZONE = "America/Denver"  # where a day is not UTC's
CAUSES = {"cancelled": ("completed", "lost"), "expired": ("window_closed", "paused", None)}
DAYS = {"today": 1, "week": 7, "month": 30}


@dataclass(frozen=True)
class Sown:
    """A clinic with messages at random, read back row by row."""

    clinic: MadeClinic
    messages: list[Message]
    now: datetime

    def within(self, message: Message, span: str) -> bool:
        """Our own reckoning of the page's spans, by calendar days."""
        moment = message.settled_at or message.due_at
        if span == "all":
            return True
        day, today = moment.astimezone(ZoneInfo(ZONE)).date(), self.now.astimezone(ZoneInfo(ZONE)).date()
        return today - timedelta(days=DAYS[span] - 1) <= day <= today

    def count(self, span: str, which: Callable[[Message], bool]) -> int:
        return sum(self.within(message, span) for message in self.messages if which(message))


@pytest.fixture(scope="module")
def sown(app: Flask) -> Sown:
    """160 messages of every state, over two months back and one ahead."""
    invited, dice = invite(app, first_name="Canaryname"), random.Random(20261121)  # noqa: S311 - the same rows each time
    with app.app_context(), clinic_session(invited.clinic_id) as session:
        now = app_now(session)
        session.execute(update(Clinic).values(time_zone=ZONE))
        session.execute(delete(Message))
        for number in range(160):
            session.add(_message(dice, invited.clinic_id, invited.visit_id, number + 1, now))
        session.commit()
        messages = list(session.scalars(select(Message)))
    logins = {role: f"{role}-{invited.clinic_id.hex[-12:]}" for role in ("coordinator", "admin")}
    return Sown(MadeClinic(invited.clinic_id, logins), messages, now)


def _message(dice: random.Random, clinic_id: object, visit_id: object, issue: int, now: datetime) -> Message:
    state = dice.choice(STATES)
    due = now + timedelta(minutes=dice.randrange(-60 * 24 * 60, 30 * 24 * 60))
    settled = due + timedelta(minutes=dice.randrange(0, 3000)) if state in TERMINAL else None
    return Message(
        clinic_id=clinic_id,
        id=uuid7(),
        visit_id=visit_id,
        step=dice.choice(("invitation", "reminder_1")),
        issue=issue,
        channel=dice.choice(("email", "sms", "staff")),
        state=state,
        due_at=due,
        settled_at=settled,
        refusal=dice.choice(("bounced", "no_permission", "relay_failed")) if state == "refused" else None,
        cause=dice.choice(CAUSES[state]) if state in CAUSES else None,
        reply=dice.choice((None, "250 2.0.0", "451 4.7.1")),
        attempts=dice.randrange(0, 3),
        message_id=f"<{issue}@riverside.example>",
    )


def browser_of(app: Flask, sown: Sown, role: str = "coordinator") -> FlaskClient:
    return signed_in(app, sown.clinic, role)


def read(browser: FlaskClient, path: str) -> str:
    reply = browser.get(path, base_url=SITE)
    assert reply.status_code == 200
    return reply.text


def test_every_number_of_the_file_is_a_count_over_the_rows(app: Flask, sown: Sown) -> None:
    rows = list(csv.DictReader(io.StringIO(read(browser_of(app, sown), "/messages.csv"))))
    assert {row["code"] for row in rows if row["of"] == "state"} == set(STATES)
    told = {(row["of"], row["code"], span): int(row[span]) for row in rows for span in SPANS}
    ways: dict[str, Callable[[Message], str | None]] = {
        "state": lambda m: m.state,
        "refusal": lambda m: m.refusal,
        "cause": lambda m: m.cause if m.state == "cancelled" else None,
        "expiry": lambda m: (m.cause or "not_recorded") if m.state == "expired" else None,
    }
    wanted = {
        (of, code, span): sown.count(span, lambda m, of=of, code=code: ways[of](m) == code)  # type: ignore[misc]
        for of, code, span in told
    }
    assert told == wanted
    assert sum(told["state", state, "all"] for state in STATES) == len(sown.messages) == 160


def test_the_page_shows_the_numbers_of_the_file_and_each_leads_to_as_many_messages(app: Flask, sown: Sown) -> None:
    browser = browser_of(app, sown)
    page = read(browser, "/messages")
    found = re.findall(r'<a href="(/messages/list\?[^"]+)">(\d+)<', page)
    assert len(found) > 40
    with app.app_context(), clinic_session(sown.clinic.id) as session:
        clinic = session.get_one(Clinic, sown.clinic.id)
        for path, number in found:
            query = dict(re.findall(r"(\w+)=(\w+)", path))
            due = query.pop("due", None) == "1"
            lines = listed(session, clinic, Wanted(**query, due=due), now=app_now(session), offset=0, limit=500)
            assert len(lines) == int(number), path
    refused = sown.count("all", lambda m: m.refusal == "bounced")
    shown = read(browser, "/messages/list?state=refused&reason=bounced")
    assert shown.count('<th scope="row">') == refused > 0
    assert "Not sent: the address does not exist (bounced)." in shown


def tables(page: str) -> dict[str, list[tuple[str, list[int]]]]:
    """The page's tables of numbers by their heading: each row's name and its cells."""
    found: dict[str, list[tuple[str, list[int]]]] = {}
    for name, table in re.findall(r'<table[^>]* aria-labelledby="(\w+)">(.*?)</table>', page, re.DOTALL):
        for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL):
            cells = re.findall(r'<td class="number">.*?>?(\d+)<', row)
            title = re.search(r'<th scope="row">(?:<strong>)?([^<]*)', row)
            if title and cells:
                found.setdefault(name, []).append((title[1].strip(), [int(cell) for cell in cells]))
    return found


def summed(rows: list[tuple[str, list[int]]]) -> list[int]:
    return [sum(column) for column in zip(*(cells for _name, cells in rows), strict=True)]


def test_every_table_of_the_page_adds_up(app: Flask, sown: Sown) -> None:
    found = tables(read(browser_of(app, sown), "/messages"))
    assert set(found) == {"month", "states", "refusals", "causes", "expiries", "channels"}
    states, spans = dict(found["states"]), list(SPANS)
    for name in ("states", "refusals", "causes", "expiries", "channels"):
        *rows, (_together, total) = found[name]
        assert summed(rows) == total, name
    assert states["Together"] == [sown.count(span, lambda _m: True) for span in spans]
    for name, state in (("refusals", "not sent"), ("causes", "cancelled"), ("expiries", "expired")):
        assert dict(found[name])["Together"] == states[state], name
    month = spans.index("month")
    assert len(found["channels"]) == len(STATES) + 1
    for state, cells in found["channels"]:
        assert sum(cells) == states[state][month], state
    assert sum(summed(found["month"])) == states["Together"][month]


def test_what_is_due_and_how_old_it_is(app: Flask, sown: Sown) -> None:
    with app.app_context(), clinic_session(sown.clinic.id) as session:
        told = waiting(session, session.get_one(Clinic, sown.clinic.id), now=sown.now)
    due = [message.due_at for message in sown.messages if message.state == "planned" and message.due_at <= sown.now]
    hands = [message for message in sown.messages if message.state in ("claimed", "sending")]
    again = [message for message in sown.messages if message.state == "planned" and message.attempts]
    assert (told.due, told.oldest, told.in_hands, told.again) == (len(due), min(due), len(hands), len(again))
    page = read(browser_of(app, sown), "/messages")
    assert "Messages do not go: ask whoever runs the service." in page
    assert "reachable" in page


def test_the_drawing_has_a_column_for_each_day_as_high_as_its_messages(app: Flask, sown: Sown) -> None:
    with app.app_context(), clinic_session(sown.clinic.id) as session:
        days = by_day(session, session.get_one(Clinic, sown.clinic.id), now=sown.now)
    chart = chart_of(days)
    counted: Counter[tuple[date, str]] = Counter()
    kinds = {state: kind for kind, states in STACKED for state in states}
    for message in sown.messages:
        moment = (message.settled_at or message.due_at).astimezone(ZoneInfo(ZONE))
        counted[moment.date(), kinds[message.state]] += 1
    assert len(chart.rows) == 30
    assert {(day, kind): n for day, row in chart.rows for kind, n in row.items() if n} == {
        key: n for key, n in counted.items() if key[0] in dict(chart.rows)
    }
    columns: dict[float, float] = defaultdict(float)
    for block in chart.blocks:
        columns[block.x] += block.height
    heights = [sum(row.values()) / chart.highest * chart.height for _day, row in chart.rows if any(row.values())]
    assert [columns[x] for x in sorted(columns)] == pytest.approx(heights, abs=0.1)


def test_a_coordinator_sees_names_behind_a_number_and_an_administrator_does_not(app: Flask, sown: Sown) -> None:
    assert "Canaryname" in read(browser_of(app, sown), "/messages/list")
    admin = browser_of(app, sown, "admin")
    for path in ("/messages", "/messages/list", "/messages.csv", "/messages/list.csv"):
        assert "Canaryname" not in read(admin, path)
    with app.app_context(), clinic_session(sown.clinic.id) as session:
        pages = session.scalars(select(AuditEvent.new).where(AuditEvent.action == "viewed")).all()
        patient = session.scalars(select(Patient)).one()
        assert str(patient.number) in read(admin, "/messages/list")
    assert {"messages.listing", "messages.listing_table"} <= {page["page"] for page in pages if page}


def test_the_file_of_messages_has_every_row_and_its_times(app: Flask, sown: Sown) -> None:
    rows = list(csv.DictReader(io.StringIO(read(browser_of(app, sown), "/messages/list.csv?state=sent"))))
    sent = [message for message in sown.messages if message.state == "sent"]
    settled = {message.settled_at.astimezone(ZoneInfo(ZONE)) for message in sent if message.settled_at}
    assert len(rows) == len(sent)
    assert {row["settled_at"] for row in rows} == {at.isoformat(timespec="seconds") for at in settled}
    assert {row["reply"] for row in rows} <= {"", "250 2.0.0", "451 4.7.1"}


def test_a_file_has_however_many_messages(app: Flask) -> None:
    invited, many = invite(app), 6001
    with app.app_context(), clinic_session(invited.clinic_id) as session:
        now = app_now(session)
        session.execute(delete(Message))
        columns = {"clinic_id": invited.clinic_id, "visit_id": invited.visit_id, "step": "invitation", "due_at": now}
        ended = {"channel": "email", "state": "expired", "settled_at": now, "message_id": "<1@riverside.example>"}
        rows = [columns | ended | {"id": uuid7(), "issue": number + 1} for number in range(many)]
        session.execute(insert(Message), rows)
        session.commit()
    clinic = MadeClinic(invited.clinic_id, {"coordinator": f"coordinator-{invited.clinic_id.hex[-12:]}"})
    reply = signed_in(app, clinic, "coordinator").get("/messages/list.csv", base_url=SITE)
    told = [int(row["issue"]) for row in csv.DictReader(io.StringIO(reply.text))]
    assert sorted(told) == list(range(1, many + 1))
    assert reply.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("query", ["state=lost", "span=year", "channel=pigeon"])
def test_a_filter_that_is_not_on_offer_is_404(app: Flask, sown: Sown, query: str) -> None:
    assert browser_of(app, sown).get(f"/messages/list?{query}", base_url=SITE).status_code == 404


@pytest.mark.parametrize("query", ["from=-5", "from=x", "reason=%00'--", "due=1", "from=999999999"])
def test_odd_addresses_show_a_page(app: Flask, sown: Sown, query: str) -> None:
    read(browser_of(app, sown), f"/messages/list?{query}")


def test_the_patients_page_tells_the_way_of_every_message(app: Flask) -> None:
    invited = invite(app)
    with app.app_context(), clinic_session(invited.clinic_id) as session:
        now = app_now(session)
        first, second, *_rest = session.scalars(select(Message).order_by(Message.due_at)).all()
        first.state, first.settled_at, first.sending_at, first.claimed_at = "sent", now, now, now
        first.attempts, first.reply = 2, "250 2.0.0"
        second.state, second.settled_at, second.carried_by = "sent", now, first.id
        session.commit()
    clinic = MadeClinic(invited.clinic_id, {"clinician": f"clinician-{invited.clinic_id.hex[-12:]}"})
    page = read(signed_in(app, clinic, "clinician"), f"/patients/{invited.patient_id}")
    for said in ("Planned", "Due", "Taken by a worker", "Hand-over began", "Settled", "Tries", "250 2.0.0"):
        assert said in page
    assert "the relay took it." in page
    assert "together with the questionnaire of Baseline." in page


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_sentence(app: Flask, sown: Sown, state: str) -> None:
    one = next(message for message in sown.messages if message.state == state)
    with app.test_request_context():
        said = story(one, ZONE)
    assert said.endswith((".", "?"))
    assert "_" not in said
