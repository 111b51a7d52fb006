"""What the dashboard shows of one series with six years of follow-up, and of choices that leave little to show.

Published for spinal-cord stimulation: 69 % "substantially improved or better" on global perceived effect at 6 years;
18 of 26 here.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from surveys.db import clinic_scope, db
from surveys.demo.lives import Life, Reply
from tests.factories import MadeClinic, make_clinic
from tests.outcomes.study import Study, life, nrs
from tests.patients import invite
from tests.views.test_dashboard import read, signed_in
from tests.views.test_promis import send

BEGAN = date(2018, 3, 5)
SIZE = 26
AT_SIX_YEARS = (7, 11, 4, 2, 1, 1, 0)  # patients at each level, the best first: 18 of 26 much improved or better
SECTIONS = ("effect", "missing", "subgroups", "course", "harms", "measures")
BACK = "Show everybody by the protocol’s rule"


@pytest.fixture(scope="module")
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        made = make_clinic()
        with clinic_scope(made.id), Session(db.engine) as session:
            study = Study(session, made.id, "spine")
            levels = [level for level, k in enumerate(AT_SIX_YEARS, start=1) for _one in range(k)]
            for number, level in enumerate(levels):
                study.add(_life(number, "treated", level))
                study.add(_life(number, "conventional", None))
            session.commit()
    return made


def _life(number: int, arm: str, level: int | None) -> Life:
    """Enrolled a day after the one before; pain from 7 to 3 at a year, and the level at six where there is one."""
    enrolled = BEGAN + timedelta(days=number)
    replies = {"baseline": nrs(7), "m12": nrs(3)}
    if level:
        told = {"gpe7": {"gpe": level}, "improvement": {"improvement": 100 - 20 * level}}
        replies["y6"] = Reply(told, days_after_opening=70)
    product = "bone_marrow_concentrate" if arm == "treated" else "conventional"
    given = ((enrolled + timedelta(days=1), product),)
    return life(number, arm, enrolled_on=enrolled, treatments=given, replies=replies)


@pytest.fixture(scope="module")
def reader(app: Flask, clinic: MadeClinic) -> FlaskClient:
    return signed_in(app, clinic, "clinician")


def rows(client: FlaskClient, figure: str, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(read(client, f"/dashboard/{figure}.csv?{query}").lstrip("\ufeff"))))


def page(client: FlaskClient, query: str, part: str = "") -> str:
    return unescape(read(client, f"/dashboard{part}?rule=nrs_active+change+%3E%3D+2&{query}"))


def test_perceived_effect_at_six_years_is_that_published(reader: FlaskClient) -> None:
    found = [row for row in rows(reader, "perceived-levels") if (row["timepoint"], row["arm"]) == ("y6", "treated")]
    assert [int(row["patients"]) for row in found] == list(AT_SIX_YEARS)
    (share,) = [row for row in rows(reader, "perceived") if row["timepoint"] == "y6"]
    assert (share["patients"], share["answered"], share["expected"]) == ("18", "26", "26")
    shown = read(reader, "/dashboard/more/course")
    assert "18/26, 69 %" in shown
    assert "much improved or better" in shown
    assert "Worse than ever" in shown


def test_stated_improvement_reaches_six_years(reader: FlaskClient) -> None:
    (row,) = [row for row in rows(reader, "improvement") if row["timepoint"] == "y6"]
    stated = [100 - 20 * level for level, k in enumerate(AT_SIX_YEARS, start=1) for _one in range(k)]
    assert float(row["mean"]) == pytest.approx(sum(stated) / SIZE)


def test_a_level_leads_to_its_patients(reader: FlaskClient) -> None:
    course = read(reader, "/dashboard/more/course")
    assert "group=y6-treated-1" in course
    assert "group=y6-treated-7" not in course  # nobody is at that level


def test_from_a_groups_patients_the_way_back_is_their_figure_with_its_choice(reader: FlaskClient) -> None:
    """Nobody is in the group: the rows of this study hold no names to open."""
    rates = "/dashboard/responders-2/patients?of=treated&at=m12&group=unattainable&sex=female"
    back = re.search(r'<p class="up"><a href="([^"]+)"', read(reader, rates))
    assert back
    assert unescape(back[1]) == "/dashboard/more/measures?sex=female&protocol=spine#responders-2"


def test_nobody_is_said_to_fit_and_nothing_is_drawn(reader: FlaskClient) -> None:
    for part in ("", *(f"/more/{section}" for section in SECTIONS)):
        shown = page(reader, "enrolled_from=2030-01-01", part)
        assert "No patient fits this choice" in shown
        assert BACK in shown
        assert "<svg" not in shown, part
        assert 'class="headline' not in shown


def test_one_patient_is_no_share(reader: FlaskClient) -> None:
    for part in ("", *(f"/more/{section}" for section in SECTIONS)):
        shown = page(reader, f"arm=treated&enrolled_from={BEGAN}&enrolled_to={BEGAN}", part)
        assert "One patient is chosen" in shown
        assert BACK in shown
        assert "<svg" not in shown, part
    assert 'class="headline' not in page(reader, f"arm=treated&enrolled_from={BEGAN}&enrolled_to={BEGAN}")


def test_where_all_is_missing_no_rate_is_drawn(reader: FlaskClient) -> None:
    shown = page(reader, "timepoint=m3")
    assert "Nobody has answered a follow-up with Pain during activity yet" in shown
    assert BACK in shown
    assert "Completeness" in shown
    assert 'id="responders-1-wide-title"' not in shown
    assert "rates-compared-wide" not in page(reader, "timepoint=m3", "/more/effect")


def test_one_arm_has_nothing_to_be_compared_with(reader: FlaskClient) -> None:
    shown = page(reader, "arm=treated")
    assert "Everyone chosen is in one arm, Treated: there is nothing to compare with" in shown
    assert BACK in shown
    assert 'class="headline contrast"' not in shown
    assert "rates-compared-wide" not in page(reader, "arm=treated", "/more/effect")


def test_a_rule_on_a_scale_without_data_judges_nobody(reader: FlaskClient) -> None:
    shown = unescape(read(reader, "/dashboard?rule=eq_vas+change+%3E%3D+10.5"))
    assert "Nobody has answered a follow-up with EQ VAS yet" in shown
    assert BACK in shown
    assert "<svg" not in shown.replace("funnel-", "").partition('id="funnel"')[0]


def test_every_date_that_there_is_may_bound_a_choice(reader: FlaskClient) -> None:
    shown = page(reader, "enrolled_from=0001-01-01&enrolled_to=9999-12-31")
    assert f"{2 * SIZE} enrolled" in shown
    assert "26/26" in shown


@pytest.mark.parametrize(
    "query",
    [
        "arm=nobody",
        "enrolled_to=10000-01-01",
        "enrolled_from=2024-02-30",
        "site=x&age_from=-1",
        "nth=0",
        "dose_to=1e99",
    ],
)
def test_a_filter_that_does_not_exist_is_refused_and_leads_back(reader: FlaskClient, query: str) -> None:
    for path in ("/dashboard", "/dashboard/more/effect"):
        reply = reader.get(f"{path}?{query}", base_url="https://localhost")
        assert reply.status_code == 422
        assert f'href="{path}"' in reply.text


def test_a_saved_choice_that_is_gone_is_not_found(reader: FlaskClient) -> None:
    reply = reader.get("/dashboard?cohort=00000000-0000-7000-8000-000000000000", base_url="https://localhost")
    assert reply.status_code == 404
    assert "no such saved choice" in reply.text


def test_an_answer_is_on_the_page_at_the_next_load(app: Flask, client: FlaskClient) -> None:
    """The patient sends the baseline by the link; the clinician, who had the page open before, loads it again."""
    with app.app_context():
        made = make_clinic()
    invited = invite(app, clinic_id=made.id)
    clinician = signed_in(app, made, "clinician")
    assert rows(clinician, "mean-nrs_active") == []
    assert client.post(f"/q/{invited.token}", data={"respondent": "self", "consent": "1"}).status_code == 303
    _answer(client, "/s/nrs11/2", "6")
    assert rows(clinician, "mean-nrs_active") == []  # an answer is no result before it is sent
    send(client)
    (row,) = rows(clinician, "mean-nrs_active")
    assert (row["timepoint"], row["n"], float(row["mean"])) == ("baseline", "1", 6)


def _answer(client: FlaskClient, path: str, level: str) -> None:
    token = re.search(r'name="token" value="([^"]+)"', client.get(path).text)
    assert token
    assert client.post(path, data={"token": token[1], "answer": level, "action": "save"}).status_code == 303
