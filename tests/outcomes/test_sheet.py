"""One patient on one page: gaps stay gaps, four states by their rule, the published case reports as they were told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from scoring.individual import Change
from scoring.instrument import find_scale
from surveys.access.keys.encryption import Vault
from surveys.db import clinic_scope, db
from surveys.demo import case_reports
from surveys.demo.lives import Life, Reply
from surveys.models import Patient
from surveys.outcomes.sheet.case_report import CaseReport, case_report
from surveys.outcomes.sheet.chart import course_chart
from surveys.outcomes.sheet.course import Course
from surveys.outcomes.sheet.plain import plain_text
from surveys.outcomes.sheet.rules import rule_of
from surveys.outcomes.sheet.sheet import Sheet, build
from surveys.outcomes.sheet.signal import SIGNALS
from surveys.outcomes.sheet.span import Span
from surveys.patient_page import episodes_of
from surveys.protocols.loading import bundled_protocols, parse_protocol
from tests.alerts.ward import Ward
from tests.factories import make_clinic
from tests.outcomes.study import BEGIN, LATER, lay, life

MISSING, NOT_ASKED = None, "not asked"


def odi(percent: int) -> dict[str, int]:
    """Ten sections that make an ODI of so many per cent, an even number."""
    full, rest = divmod(percent // 2, 5)
    items = [5] * full + [rest] * (1 if rest else 0)
    codes = (
        *("pain_intensity", "personal_care", "lifting", "walking", "sitting"),
        *("standing", "sleeping", "sex_life", "social_life", "travelling"),
    )
    return dict(zip(codes, items + [0] * (10 - len(items)), strict=True))


def disabled(percent: int, **changes: Any) -> Reply:
    return Reply({"odi": odi(percent)}, **changes)


def sheets(app: Flask, lives: list[Life], protocol: str = "trial") -> list[Sheet]:
    """The sheets of lives laid into a clinic of their own, in the order of the lives."""
    vault = app.extensions["vault"]
    assert isinstance(vault, Vault)
    with app.test_request_context():
        clinic = make_clinic()
        lay(db.engine, clinic.id, lives, protocol)
        with clinic_scope(clinic.id), Session(db.engine) as session:
            patients = session.scalars(select(Patient).order_by(Patient.number)).all()
            made = [episodes_of(session, patient, now=LATER)[0] for patient in patients]
            found = zip(patients, made, strict=True)
            kept = [build(session, vault, patient, view, now=LATER) for patient, view in found]
            session.expunge_all()
    return kept


@pytest.fixture(scope="module")
def changing(app: Flask) -> Sheet:
    """From 40: 22 better beyond the SDC, missing, 28 better than the MIC alone, 58 worse by the SDC."""
    replies = {"baseline": disabled(40), "m1": disabled(22), "m6": disabled(28), "m12": disabled(58)}
    return sheets(app, [life(1, replies=replies)])[0]


def course(sheet: Sheet, scale: str) -> Course:
    return next(each.course for each in sheet.measures if each.course.scale.code == scale)


def test_the_four_states_follow_mic_and_sdc(changing: Sheet) -> None:
    points = {point.moment.timepoint: point for point in course(changing, "odi").points}
    states = {code: point.state for code, point in points.items()}
    better, maybe, worse = Change.BETTER, Change.BETTER_OR_ERROR, Change.WORSE
    assert states == {"baseline": None, "m1": better, "m3": None, "m6": maybe, "m12": worse}
    assert [points[code].change for code in ("m1", "m6", "m12")] == [18, 12, -18]


def test_a_missed_visit_parts_the_line(changing: Sheet) -> None:
    """The stretches are separate lines, each through its own values, on a plot that ends at the scale's 0 and 100."""
    chart = course_chart(course(changing, "odi"), Span(0, 12, (0.0,)), width=250)
    drawn = re.findall(r'd="(M[^"Z]*)" stroke="#0072B2" stroke-width="2"', chart)
    height = float(re.search(r'd="M0,0h250v([\d.]+)', chart)[1])  # type: ignore[index]
    values = [[round(100 - 100 * float(y) / height) for y in re.findall(r",([\d.]+)", line)] for line in drawn]
    assert values == [[40, 22], [28, 58]]


def test_the_missing_visit_stands_on_the_page(changing: Sheet) -> None:
    assert [each.moment.timepoint for each in changing.missing] == ["m3"]


def test_a_baseline_after_the_treatment_is_shown_and_never_counted_from(app: Flask) -> None:
    late = disabled(40, days_after_opening=20)
    sheet = sheets(app, [life(1, replies={"baseline": late, "m3": disabled(10)})])[0]
    found = course(sheet, "odi")
    assert found.baseline is None
    assert [(point.value, point.change, point.state) for point in found.points][:1] == [(40, None, None)]
    assert {point.state for point in found.points} == {None}
    assert found.points[0].moment.late


def test_rules_name_their_sources_and_a_scale_without_an_sdc_has_no_signal(app: Flask) -> None:
    spine = bundled_protocols()["spine"]
    with app.test_request_context():
        disability, pain, own = (rule_of(find_scale(code), spine) for code in ("odi", "nrs_active", "functionality"))
        for part in ("10", "18", "Ostelo", "Parai"):
            assert part in disability.words
        assert "No smallest detectable change" in pain.words
        assert own.words.startswith("No threshold is published")
    assert pain.change is None
    assert pain.state(8, 2) is None


def test_what_the_protocol_states_of_one_patients_change_stands_in_place_of_what_is_published(app: Flask) -> None:
    own = '\n[[individual]]\nscale = "odi"\nsdc = 12.5\nsdc_source = "R"\nworse = 8\nworse_source = "the board"\n'
    spine = parse_protocol(bundled_protocols()["spine"].source + own, "ours.toml")
    rule = rule_of(find_scale("odi"), spine)
    states = [rule.state(40, after) for after in (27.5, 30, 48, 47)]
    assert states == [Change.BETTER, Change.BETTER_OR_ERROR, Change.WORSE, Change.UNCLEAR]
    with app.test_request_context():
        assert "beyond measurement error from 12.5 (SDC, R). Worse from 8 (the board)." in rule.words


def test_every_signal_has_a_word_a_shape_and_a_colour_of_its_own(app: Flask) -> None:
    looks = list(SIGNALS.values())
    with app.test_request_context():
        assert len({str(each.word) for each in looks}) == 4
    assert len({each.code for each in looks}) == len({each.colour for each in looks}) == 4
    assert len({(each.shape, each.filled) for each in looks}) == len({each.mark for each in looks}) == 4


def test_the_plain_text_tells_values_gaps_and_signals(app: Flask, changing: Sheet) -> None:
    with app.test_request_context():
        text = plain_text(changing, {})
    assert "Baseline 40; 1 month 22 (▲ 18 better); 3 months missing; 6 months 28 (△ 12 better)" in text
    assert "▼ Worse (12 months)" in text
    assert "3 months: no answer, due" in text


def test_every_answer_is_told_in_words_once_the_questionnaire_is_closed(app: Flask) -> None:
    """Pain 9 and 1 of one patient at one month; the other has begun only, and a draft is no answer."""
    with app.app_context():
        ward = Ward(app)
    sent, draft = ward.worse(), ward.patient()
    ward.answer(draft, "nrs11", active=4)
    told, now = {}, ward.now()
    for invited in (sent, draft):
        with app.test_request_context(), clinic_scope(ward.clinic.id), Session(db.engine) as session:
            patient = session.get_one(Patient, invited.patient_id)
            view = episodes_of(session, patient, now=now)[0]
            told[invited.patient_id] = build(session, app.extensions["vault"], patient, view, now=now).answers
    assert told[draft.patient_id] == ()
    (table,) = told[sent.patient_id]
    assert (table.code, [moment.name for moment in table.visits]) == ("nrs11", ["1 month"])
    said = {(each.level, each.words) for question in table.questions for each in question.said if each}
    assert said == {(9, ""), (1, "")}


@pytest.fixture(scope="module")
def published(app: Flask) -> list[CaseReport]:
    """The two reports of Darrow 2018."""
    made = sheets(app, list(case_reports.lives(BEGIN)), "case_series")
    with app.test_request_context():
        return [case_report(sheet, {}) for sheet in made]


def told(report: CaseReport) -> Mapping[str, tuple[str | None, ...]]:
    """Cells by visit: pain at rest, pain when active, functionality, improvement."""
    return {row.visit: row.cells for row in report.rows}


def test_the_first_case_report_keeps_each_value_at_its_visit(published: list[CaseReport]) -> None:
    rows = told(published[0])
    assert rows["Baseline"] == ("1 of 10", "5 of 10", "33 of 40", NOT_ASKED)
    assert rows["2 weeks"] == (MISSING, MISSING, MISSING, "90 %")
    assert rows["12 months"] == ("0 of 10", "0 of 10", "39 of 40", MISSING)


def test_the_second_case_report_has_four_treatments_and_two_stated_improvements(published: list[CaseReport]) -> None:
    rows = told(published[1])
    assert rows["Baseline"] == ("3 of 10", "6 of 10", "17 of 40", NOT_ASKED)
    assert rows["2 weeks"] == (MISSING, MISSING, MISSING, "75 %")
    assert rows["18 months"] == ("0 of 10", "2 of 10", "34 of 40", "90 %")
    assert "4 treatments within 146 days" in published[1].sentences[1]


def test_levels_stand_in_words_and_what_was_not_asked_is_not_missing(app: Flask) -> None:
    """The effect is asked at follow-ups alone: 3 of 7 at 12 months, no answer at 3 months, not asked before."""
    effect = Reply({"odi": odi(22), "gpe7": {"gpe": 3}})
    replies = {"baseline": disabled(40), "m3": disabled(30), "m12": effect}
    sheet = sheets(app, [life(1, "treated", replies=replies)], "spine")[0]
    with app.test_request_context():
        text, report = plain_text(sheet, {}), case_report(sheet, {})
    assert "12 months 3 (Slightly improved)" in text
    by_visit = {sentence.partition(":")[0]: sentence for sentence in report.sentences}
    assert "Global perceived effect 3 (Slightly improved)" in by_visit["12 months"]
    assert "Not asked: Global perceived effect." in by_visit["Baseline"]
    assert "Missing: Global perceived effect." in by_visit["3 months"]
    place = next(at for at, column in enumerate(report.columns) if column[0] == "Global perceived effect")
    cells = {row.visit: row.cells[place] for row in report.rows}
    assert (cells["Baseline"], cells["3 months"], cells["12 months"]) == (NOT_ASKED, MISSING, "3 (Slightly improved)")


def test_a_case_report_says_that_the_improvement_was_stated(published: list[CaseReport]) -> None:
    assert any("as the patient stated it" in note for note in published[0].notes)


def test_a_patient_without_answers_draws_nothing(app: Flask) -> None:
    treated = ((BEGIN + timedelta(days=10), "prp"),)
    sheet = sheets(app, [life(1, replies={}, treatments=treated)])[0]
    assert sheet.measures == ()
    assert [each.moment.timepoint for each in sheet.missing] == ["baseline", "m1", "m3", "m6", "m12"]
    with app.test_request_context():
        assert "no answer" in plain_text(sheet, {})
        assert case_report(sheet, {}).columns == ()


def test_the_reports_days_count_from_the_first_treatment(published: list[CaseReport]) -> None:
    days = {row.visit: row.day for row in published[0].rows}
    assert days["12 months"] is not None
    assert 335 <= days["12 months"] <= 366 + 60
