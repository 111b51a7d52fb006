"""Generated answers to every item: refused, or stored exactly as the page then shows them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from hypothesis import given, note
from hypothesis import strategies as st
from sqlalchemy import func, select

from scoring.instrument import Item, load_instruments
from surveys.forms import AnswerError, read_level
from surveys.models import Answer, Response
from surveys.protocols.loading import bundled_protocols
from tests.page_forms import PageForm, form_to
from tests.patients import Invited, invite, seen_by
from tests.security.generated_input import bounded, hostile
from tests.staff_browser import SITE

VISITS = (("spine", "m1"), ("case_series", "baseline"), ("trial", "baseline"))
EVERY_ITEM = [
    pytest.param(item, id=f"{code}-{item.code}") for code, each in load_instruments().items() for item in each.items
]
sent = st.one_of(
    st.integers(-200, 200).map(str),
    st.integers(0, 110).map(lambda number: "".join(chr(0x0660 + int(digit)) for digit in str(number))),  # Arabic
    hostile,
)


def meant(item: Item, text: str) -> int | None:
    """Return the number a reader sees in the text, by another way than the application's; None where it is not one."""
    if item.kind != "number":
        return int(text) if text in {str(level) for level in item.levels} else None
    digits = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Zs", "Cc"))
    try:
        return int("".join("-" if unicodedata.category(c) in ("Pd", "Sm") else c for c in digits))
    except ValueError:
        return None


@pytest.mark.parametrize("item", EVERY_ITEM)
def test_an_answer_is_read_as_it_looks_or_refused(item: Item) -> None:
    @bounded(100, 2_000)
    @given(sent)
    def once(text: str) -> None:
        try:
            level = read_level(item, text)
        except AnswerError:
            return
        assert level is None or (level in item.levels if item.levels else item.minimum <= level <= item.maximum)
        assert level is None or level == meant(item, text)

    once()


class Answering:
    """A patient at one visit: what is sent, what is stored, what the page shows."""

    def __init__(self, app: Flask, invited: Invited) -> None:
        self.app, self.invited, self.client = app, invited, app.test_client()
        self.posts = self.saved = 0
        typed = {"respondent": "self", "consent": "1"}
        assert self.client.post(f"/q/{invited.token}", data=typed, base_url=SITE).status_code == 303

    def form(self, path: str) -> PageForm:
        return form_to(self.client.get(path, base_url=SITE).text, path)

    def stored(self, item: str, instrument: str) -> tuple[int, int | None]:
        """How many answers the visit has, and the newest of the item."""
        with seen_by(self.app, self.invited.clinic_id) as session:
            of_visit = Response.visit_id == self.invited.visit_id
            count = select(func.count()).select_from(Answer).join(Response, Response.id == Answer.response_id)
            newest = select(Answer.level).join(Response, Response.id == Answer.response_id).order_by(Answer.id.desc())
            mine = newest.where(of_visit, Answer.item == item, Response.instrument == instrument).limit(1)
            return session.scalar(count.where(of_visit)) or 0, session.scalar(mine)

    def check(self, path: str, instrument: str, item: Item, typed: dict[str, list[str]]) -> None:
        """Send one answer: 4xx and nothing new, or stored as it was meant and shown as it is stored."""
        token = self.form(path).value("token")
        before, _level = self.stored(item.code, instrument)
        reply = self.client.post(path, data={"token": [token], "action": ["save"]} | typed, base_url=SITE)
        after, level = self.stored(item.code, instrument)
        self.posts += 1
        note(f"{path}: {reply.status_code}")
        if reply.status_code != 303:
            assert 400 <= reply.status_code < 500
            assert after == before
            return
        self.saved += 1
        assert after == before + 1
        if typed.get("action", ["save"]) == ["save"]:
            assert level == meant(item, typed["answer"][0])
            assert self.form(path).value("answer") == str(level)


def screens(protocol: str, timepoint: str) -> Iterator[tuple[str, str, Item]]:
    """Yield path, instrument and item of each screen of a visit."""
    for entry in bundled_protocols()[protocol].timepoint(timepoint).battery:
        for position, code in enumerate(entry.items, 1):
            yield f"/s/{entry.instrument}/{position}", entry.instrument, load_instruments()[entry.instrument].item(code)


extras = st.fixed_dictionaries({}, optional={"action": st.lists(hostile, max_size=2), "a_field": st.lists(hostile)})
answers = st.one_of(st.tuples(sent), st.tuples(sent, sent), st.just(()))


def attack(patient: Answering, path: str, instrument: str, item: Item) -> None:
    @bounded(4, 60)
    @given(answers, extras)
    def once(answer: tuple[str, ...], more: dict[str, list[str]]) -> None:
        patient.check(path, instrument, item, {"answer": list(answer)} | more)

    once()


@pytest.mark.parametrize(("protocol", "timepoint"), VISITS)
def test_an_item_stores_exactly_what_it_then_shows(
    app: Flask, protocol: str, timepoint: str, record_property: Callable[[str, object], None]
) -> None:
    patient = Answering(app, invite(app, protocol=protocol, timepoint=timepoint))
    for path, instrument, item in screens(protocol, timepoint):
        attack(patient, path, instrument, item)
    record_property("counts", f"{protocol} {timepoint}: {patient.posts} answers sent, {patient.saved} stored")
    assert patient.saved > 0
