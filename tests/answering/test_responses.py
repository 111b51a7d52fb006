"""Responses below the pages: versions, retries, locks, submission, unsent finalisation, amendment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.answering.amending import NotFinal
from surveys.answering.entry import Sheet as EntrySheet
from surveys.answering.entry import enter_sheet
from surveys.answering.responses import AlreadySent
from surveys.db import app_now
from surveys.models import Response, Visit
from tests.answering.sheet import ODI, STAFF_ID, Sheet, at_once
from tests.patients import invite, seen_by
from tests.servers.processes import wait_until
from tests.servers.waiting import is_waited_for


@pytest.fixture
def sheet(app: Flask) -> Sheet:
    return Sheet(app, invite(app))


def fill(sheet: Sheet, level: int) -> None:
    for item in ODI:
        sheet.record(item, level)


def test_a_retry_adds_nothing_and_names_the_row_it_retries(sheet: Sheet) -> None:
    nonce = uuid4()
    assert sheet.record("lifting", 3, nonce=nonce) == sheet.record("lifting", 3, nonce=nonce)
    assert sheet.levels("lifting") == [3]


def test_the_same_form_with_another_value_is_a_new_version_and_back_again_a_third(sheet: Sheet) -> None:
    nonce = uuid4()
    for level in (1, 4, 1):
        sheet.record("lifting", level, nonce=nonce)
    assert sheet.levels("lifting") == [1, 4, 1]


def test_another_form_with_the_same_value_is_a_new_version(sheet: Sheet) -> None:
    sheet.record("lifting", 2)
    sheet.record("lifting", 2)
    assert sheet.levels("lifting") == [2, 2]


def test_declining_twice_with_one_form_adds_one_row(sheet: Sheet) -> None:
    nonce = uuid4()
    for _ in range(2):
        sheet.record("sex_life", None, nonce=nonce)
    assert sheet.levels("sex_life") == [None]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=8))
def test_every_change_is_kept_in_order_and_only_repeats_of_the_newest_are_not(
    sheet: Sheet, sent: list[tuple[int, int]]
) -> None:
    fresh = Sheet(sheet.app, invite(sheet.app, clinic_id=sheet.invited.clinic_id))
    forms = [uuid4() for _ in range(3)]
    kept = [one for one, before in zip(sent, [None, *sent], strict=False) if one != before]
    for form, level in sent:
        assert fresh.save("walking", level, forms[form]) == "saved"
    assert fresh.levels("walking") == [level for _form, level in kept]


@pytest.mark.parametrize(("item", "status", "level"), [("lifting", "answered", 6), ("lifting", "declined", 2)])
def test_what_no_screen_can_send_is_refused(sheet: Sheet, item: str, status: str, level: int) -> None:
    with pytest.raises(ValueError, match=item):
        sheet.record(item, level, status=status)
    assert sheet.levels(item) == []


def test_ten_taps_at_once_with_one_form_are_one_answer(sheet: Sheet) -> None:
    nonce = uuid4()
    assert at_once(lambda: sheet.save("standing", 2, nonce)) == ["saved"] * 10
    assert sheet.levels("standing") == [2]


def test_ten_forms_at_once_keep_ten_versions_of_one_response(sheet: Sheet) -> None:
    assert at_once(lambda: sheet.save("standing", 2)) == ["saved"] * 10
    assert sheet.levels("standing") == [2] * 10
    assert sheet.act(lambda session: session.query(Response).count()) == 1


def test_p09_ten_submits_at_once_are_one_submission(sheet: Sheet) -> None:
    fill(sheet, 2)
    assert sorted(at_once(sheet.submit)) == [False] * 9 + [True]
    assert sheet.scores("odi") == [40.0]  # 100 · 20 / 50, Fairbank & Pynsent 2000
    assert sheet.audited("submitted") == 1


def test_answers_and_a_submission_at_once_leave_a_score_of_what_was_saved(sheet: Sheet) -> None:
    fill(sheet, 1)
    outcomes = at_once(lambda: sheet.save("walking", 5) if sheet.submit() is False else "submitted")
    assert outcomes.count("submitted") == 1
    assert set(outcomes) == {"submitted", "sent"}
    assert sheet.scores("odi") == [20.0]


def test_after_submission_an_answer_meets_already_sent_on_both_paths(sheet: Sheet) -> None:
    sheet.record("lifting", 2)
    sheet.submit()
    assert sheet.save("lifting", 4) == "sent"
    assert sheet.save("walking", 4) == "sent"
    with pytest.raises(AlreadySent):
        sheet.record("lifting", 4)
    with pytest.raises(AlreadySent):
        sheet.record("mobility", 1, instrument="eq5d3l")
    assert sheet.levels("lifting") == [2]


def test_a_token_of_another_visit_an_unknown_link_or_a_past_window_saves_nothing(app: Flask, sheet: Sheet) -> None:
    other = invite(app)
    assert sheet.save("lifting", 1, visit_id=other.visit_id) == "unknown"
    assert sheet.save("lifting", 1, link_id=uuid4()) == "unknown"
    assert sheet.save("lifting", 1, expires=0) == "over"
    assert sheet.levels("lifting") == []


@pytest.mark.parametrize("column", ["closed_at", "cancelled_at"])
def test_a_closed_or_cancelled_visit_takes_no_answer(sheet: Sheet, column: str) -> None:
    sheet.act(lambda session: setattr(sheet.visit(session), column, sheet.visit(session).opens_at))
    assert sheet.save("lifting", 1) == "over"
    assert sheet.levels("lifting") == []


def test_an_id_behind_the_newest_still_comes_after_it(sheet: Sheet) -> None:
    """Another host's clock may be behind; the last acknowledged answer is current all the same."""
    ahead = "ffffffff-0000-7000-8000-000000000000"
    sheet.record("lifting", 1)
    copy = (
        "INSERT INTO answer SELECT clinic_id, '%s', response_id, item, status, 2, nonce, based_on, mode, author_id,"
        " reason, answered_at FROM answer"
    )
    sheet.act(lambda session: session.connection().exec_driver_sql(copy % ahead))
    sheet.save("lifting", 3)
    sheet.record("lifting", 4)
    assert sheet.levels("lifting") == [1, 2, 3, 4]


def test_p09_at_window_close_a_complete_instrument_is_scored_once_and_a_draft_stays(sheet: Sheet) -> None:
    fill(sheet, 3)
    sheet.record("mobility", 2, instrument="eq5d3l")
    for _ in range(2):
        sheet.finalise()
    assert (sheet.finality("odi"), sheet.finality("eq5d3l")) == ("unsent", None)
    assert sheet.scores("odi") == [60.0]
    assert sheet.scores("eq5d3l_index") == []
    assert sheet.audited("finalised_unsent") == 1


def test_declined_items_count_as_complete_and_leave_the_denominator(sheet: Sheet) -> None:
    fill(sheet, 2)
    sheet.record("sex_life", None)
    sheet.finalise()
    assert sheet.scores("odi") == [40.0]  # 100 · 18 / 45


def test_an_amendment_adds_a_row_and_a_score_that_supersedes(sheet: Sheet) -> None:
    fill(sheet, 2)
    sheet.submit()
    sheet.amend("walking", 4)
    assert sheet.levels("walking") == [2, 4]
    assert sheet.scores("odi") == [40.0, 44.0]  # 100 · 22 / 50
    sheet.amend("walking", None)
    assert sheet.scores("odi")[2] == 40.0  # 100 · 18 / 45
    assert sheet.audited("amended") == 2


def test_an_open_response_is_answered_not_amended(sheet: Sheet) -> None:
    sheet.record("walking", 1)
    with pytest.raises(NotFinal):
        sheet.amend("walking", 2)
    assert sheet.act(lambda session: session.get_one(Visit, sheet.invited.visit_id).submitted_at) is None


def test_a_paper_entered_while_the_patient_sends_waits_without_a_lock_on_the_answers(sheet: Sheet) -> None:
    """Else each of the two would hold what the other waits for."""
    sheet.record("lifting", 2)
    paper = EntrySheet("odi", {"walking": 1})

    def enter(session: Session) -> None:
        visit, now = sheet.visit(session), app_now(session)
        enter_sheet(session, visit, paper, mode="paper", language="en", author_id=STAFF_ID, now=now)

    with ThreadPoolExecutor(1) as pool, seen_by(sheet.app, sheet.invited.clinic_id) as sending:
        sending.execute(select(Visit.id).where(Visit.id == sheet.invited.visit_id).with_for_update())
        entering = pool.submit(sheet.act, enter)
        wait_until(lambda: is_waited_for(sending), "the entry waits")
        sending.execute(select(Response.id).with_for_update(nowait=True))
        sending.commit()
        entering.result(10)
    assert sheet.levels("walking") == [1]
