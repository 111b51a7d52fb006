"""P15: how a screen was used is kept beside its answer, whatever a browser claims, and never costs the answer."""

from __future__ import annotations

from json import dumps

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from scoring.instrument import find_instrument
from surveys.answering.screen_use import LONGEST, RANGES, WORDS, read_use
from surveys.demo.screens import use_screens
from surveys.models import Answer, ScreenUse
from tests.answering.sheet import ODI, Sheet
from tests.page_forms import form_to
from tests.patients import Invited, invite, seen_by
from tests.security.generated_input import bounded, hostile
from tests.staff_browser import SITE

ROWS, VAS = find_instrument("odi").items[0], find_instrument("eq5d3l").item("vas")
TOLD = {
    "first_input_ms": 812,
    "confirmed_ms": 2210,
    "changes": 1,
    "slips": 1,
    "backs": 2,
    "viewport_width": 390,
    "viewport_height": 664,
    "row_height": 56,
    "text_size": 125,
    "orientation": "portrait",
    "pointer": "touch",
    "input_path": "tapped",
    "translated": True,
}
odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**31, 2**63, -1, -0, 10**400]),
    st.floats(),
    hostile,
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
claims = st.one_of(
    hostile,
    st.dictionaries(st.sampled_from([*TOLD, "clinic_id", "answer_id", "queued", "layout"]), odd, max_size=8).map(dumps),
    st.sampled_from(["[" * 900, '{"a":' * 180, "null", "[]", "1e999", "NaN", '{"changes":NaN}', "9" * 900, '"', "{}"]),
)


def test_p15_what_a_browser_tells_is_read_as_it_is() -> None:
    assert read_use(ROWS, dumps(TOLD)) == TOLD | {"input_path": None}
    assert read_use(VAS, dumps(TOLD)) == TOLD | {"row_height": None}
    assert read_use(ROWS, "") == {}
    assert read_use(ROWS, dumps(TOLD | {"more": "x" * LONGEST})) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"changes": -1},
        {"slips": "1"},
        {"backs": True},
        {"confirmed_ms": 2**31},
        {"viewport_width": 390.5},
        {"text_size": [100]},
        {"pointer": "Touch"},
        {"orientation": None},
        {"translated": 1},
    ],
)
def test_p15_an_odd_part_is_unknown_and_the_rest_stands(wrong: dict[str, object]) -> None:
    (name,) = wrong
    assert read_use(ROWS, dumps(TOLD | wrong)) == TOLD | {"input_path": None, name: None}


def test_p15_nobody_confirms_before_the_first_input() -> None:
    read = read_use(ROWS, dumps(TOLD | {"first_input_ms": 3000}))
    assert (read["first_input_ms"], read["confirmed_ms"]) == (None, 2210)


@bounded(200, 5_000)
@given(claims)
def test_p15_whatever_is_claimed_is_within_its_range(told: str) -> None:
    for item in (ROWS, VAS):
        read = read_use(item, told)
        assert set(read) <= set(TOLD)
        for name, value in read.items():
            if name in RANGES and value is not None:
                assert type(value) is int
                assert RANGES[name][0] <= value <= RANGES[name][1]
            elif name in WORDS:
                assert value is None or value in WORDS[name]


class Answering:
    """A patient who saves one item again and again."""

    def __init__(self, app: Flask, invited: Invited) -> None:
        self.app, self.invited, self.client = app, invited, app.test_client()
        started = {"respondent": "self", "consent": "1"}
        assert self.client.post(f"/q/{invited.token}", data=started, base_url=SITE).status_code == 303

    def say(self, use: str | None, path: str = "/s/odi/1") -> ScreenUse:
        """Save an answer with a claim; returns what is kept beside the newest answer."""
        token = form_to(self.client.get(path, base_url=SITE).text, path).value("token")
        told = {} if use is None else {"use": use}
        reply = self.client.post(path, data={"token": token, "answer": "2", **told}, base_url=SITE)
        assert reply.status_code == 303
        with seen_by(self.app, self.invited.clinic_id) as session:
            newest = select(Answer.id).order_by(Answer.id.desc()).limit(1).scalar_subquery()
            return session.scalars(select(ScreenUse).where(ScreenUse.answer_id == newest)).one()


@pytest.fixture(scope="module")
def patient(app: Flask) -> Answering:
    return Answering(app, invite(app))


def test_p15_it_is_kept_beside_the_answer(patient: Answering) -> None:
    kept = patient.say(dumps(TOLD))
    assert {name: getattr(kept, name) for name in TOLD} == TOLD | {"input_path": None}
    assert (kept.language, kept.layout, kept.queued) == ("en", "rows-1", False)
    assert kept.wording_hash
    assert kept.app_version


def test_p15_without_scripts_the_server_tells_the_time(patient: Answering) -> None:
    kept = patient.say(None)
    assert kept.confirmed_ms is not None
    assert 0 <= kept.confirmed_ms < 600_000
    assert [kept.first_input_ms, kept.changes, kept.viewport_width, kept.pointer, kept.translated] == [None] * 5


@bounded(25, 400)
@given(claims.filter(lambda told: len(told) < 2 * LONGEST))  # a form of more than 16 KiB is refused whole
def test_p15_no_claim_costs_the_answer(patient: Answering, told: str) -> None:
    patient.say(told)


def test_the_demo_makes_up_screens_once_and_says_so(app: Flask) -> None:
    sheet = Sheet(app, invite(app))
    for item in ODI:
        sheet.record(item, 1)
    assert sheet.act(use_screens) == len(ODI)
    assert sheet.act(use_screens) == 0
    kept = sheet.act(lambda session: session.scalars(select(ScreenUse.app_version)).all())
    assert set(kept) == {"demo"}
