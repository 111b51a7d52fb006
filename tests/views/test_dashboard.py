"""The dashboard over HTTP: one set of figures on the page, in the file and in the drawing."""

from __future__ import annotations

import csv
import io
import os
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from surveys.db import db
from surveys.demo import replica
from surveys.outcomes.drawing import FORBIDDEN
from tests.factories import PASSWORD, MadeClinic, make_clinic
from tests.outcomes.study import BEGIN, lay


@pytest.fixture(scope="module")
def clinic(app: Flask) -> MadeClinic:
    with app.app_context():
        made = make_clinic()
        lay(db.engine, made.id, replica.lives(BEGIN))
    return made


@pytest.fixture(scope="module")
def reader(app: Flask, clinic: MadeClinic) -> FlaskClient:
    return signed_in(app, clinic, "analyst")


def signed_in(app: Flask, clinic: MadeClinic, role: str) -> FlaskClient:
    client = app.test_client()
    found = client.get("/login", base_url="https://localhost").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', found)
    assert token
    form = {"login": clinic.logins[role], "password": PASSWORD, "csrf_token": token[1]}
    reply = client.post(
        "/login", data=form, base_url="https://localhost", headers={"Referer": "https://localhost/login"}
    )
    assert reply.status_code == 303
    return client


def read(client: FlaskClient, path: str) -> str:
    reply = client.get(path, base_url="https://localhost")
    assert reply.status_code == 200, path
    return reply.get_data(as_text=True)


def test_page_table_and_file_print_the_same_rates(reader: FlaskClient) -> None:
    page = read(reader, "/dashboard")
    rows = list(csv.DictReader(io.StringIO(read(reader, "/dashboard/responders-1.csv").lstrip("\ufeff"))))
    treated = next(row for row in rows if (row["timepoint"], row["arm"]) == ("m12", "bmc"))
    assert (treated["responders"], treated["evaluable"], treated["rule"]) == ("26", "39", "odi change >= 10")
    assert "26/39" in page
    assert "3/39" in page
    assert "Bone marrow concentrate: 26/39, 67 % (51 to 79)" in page
    assert re.search(r'<td class="number">26</td>\s*<td class="number">39</td>\s*<td class="number">67 %</td>', page)


def test_the_page_says_that_the_arms_were_not_randomised(reader: FlaskClient) -> None:
    page = read(reader, "/dashboard").casefold()
    assert "not randomised" in page
    assert not re.search(r"\b(because of|thanks to|due to|effective|superior|significant)\b", page)


def test_every_drawing_is_named_and_carries_nothing_the_policy_blocks(reader: FlaskClient) -> None:
    page = read(reader, "/dashboard")
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) >= 6
    for drawing in drawings:
        assert not FORBIDDEN.search(drawing)
        assert 'role="img"' in drawing
        assert "<title" in drawing
        assert "<desc" in drawing
        assert "aria-label=" not in drawing
        assert "#010203" not in drawing


@pytest.mark.parametrize("code", ["waterfall", "change-odi", "difference"])
def test_changes_of_a_scale_in_per_cent_are_points_and_shares_are_per_cent(reader: FlaskClient, code: str) -> None:
    """Ten points of the ODI are no 10 % of the baseline."""
    drawn = read(reader, f"/dashboard/{code}.svg?rule=odi change >= 10")
    titles = re.findall(r">([^<]*(?:[Ii]mprovement)[^<]*)<", drawn.partition("</desc>")[2])
    assert titles
    assert all("points" in title and "%" not in title for title in titles)
    rates = read(reader, "/dashboard/responders-1.svg?rule=odi change >= 10")
    assert "67 %" in rates


def test_a_drawing_can_be_taken_away(reader: FlaskClient) -> None:
    svg = read(reader, "/dashboard/responders-1.svg")
    assert svg.startswith("<svg")
    assert "currentColor" not in svg
    assert "26/39" in svg


@pytest.mark.parametrize(
    "query",
    ["protocol=nothing", "arm=nobody", "timepoint=m99", "enrolled_from=tomorrow", "pain_generator=%00", "arm=%27%3B--"],
)
def test_a_filter_that_is_not_on_offer_is_refused_with_a_sentence(reader: FlaskClient, query: str) -> None:
    reply = reader.get(f"/dashboard?{query}", base_url="https://localhost")
    assert reply.status_code == 422
    assert "choose again" in reply.get_data(as_text=True)


def test_filters_narrow_every_figure(reader: FlaskClient) -> None:
    text = read(reader, "/dashboard/responders-1.csv?arm=bmc&timepoint=m12")
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert [(row["arm"], row["timepoint"]) for row in rows] == [("bmc", "m12")]
    nobody = read(reader, "/dashboard?enrolled_from=2030-01-01")
    assert "26/39" not in nobody
    assert "0 enrolled" in nobody


def test_the_rule_can_be_switched_and_typed(reader: FlaskClient) -> None:
    page = read(reader, "/dashboard?rule=nrs_active+change+%3E%3D+2")
    assert "22/39" in page
    assert "rule=nrs_active+change" in page  # its links carry the rule on
    typed = read(reader, "/dashboard/responders-1.csv?rule=odi+change+%3E%3D+10&rule=odi+change+%3E%3D+12")
    assert {row["rule"] for row in csv.DictReader(io.StringIO(typed.lstrip("\ufeff")))} == {"odi change >= 12"}


@pytest.mark.parametrize("rule", ["nonsense", "odi change >= 1000", "odi change >= -3", "pain change >= 2", "%00"])
def test_a_text_that_is_no_rule_is_refused_with_a_sentence(reader: FlaskClient, rule: str) -> None:
    reply = reader.get("/dashboard", query_string={"rule": rule}, base_url="https://localhost")
    assert reply.status_code == 422
    assert "Change it, or leave it empty" in reply.get_data(as_text=True)


def test_a_rule_on_a_scale_that_nobody_is_asked_says_so_and_leads_back(reader: FlaskClient) -> None:
    page = read(reader, "/dashboard?rule=nrs_back+change+%3E%3D+3")
    assert "asks for Back pain" in page
    assert "Show everybody by the protocol’s rule" in page


@pytest.mark.parametrize("section", ["effect", "missing", "subgroups", "course", "harms", "measures"])
def test_every_part_shows_its_figures_with_their_numbers(reader: FlaskClient, section: str) -> None:
    page = read(reader, f"/dashboard/more/{section}?arm=&sex=")
    figures = re.findall(r'<figure class="card figure" id="([^"]+)"', page)
    assert len(figures) >= 2
    for code in figures:
        text = read(reader, f"/dashboard/{code}.csv")
        assert text.startswith("\ufeff")
    for drawing in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        assert not FORBIDDEN.search(drawing)
        assert "aria-label=" not in drawing


def test_a_part_or_figure_that_does_not_exist_is_not_found(reader: FlaskClient) -> None:
    for path in ("/dashboard/more/nothing", "/dashboard/nothing.csv", "/dashboard/responders-99.csv"):
        assert reader.get(path, base_url="https://localhost").status_code == 404


def test_the_missing_and_the_comparison_are_on_their_pages(reader: FlaskClient) -> None:
    missing = read(reader, "/dashboard/more/missing")
    for counts in ("26/39", "26/40", "27/40", "4/40"):
        assert counts in missing
    effect = read(reader, "/dashboard/more/effect")
    assert "not randomised" in effect
    assert "+59 points" in effect


def test_a_number_leads_to_the_patients_it_stands_for(app: Flask, clinic: MadeClinic, reader: FlaskClient) -> None:
    """Only the counts here: the rows of this study hold no names to open."""
    page = read(signed_in(app, clinic, "clinician"), "/dashboard/more/course")
    assert "group=early-bmc" in page
    path = "/dashboard/trajectories/people?group=early-bmc"
    assert reader.get(path, base_url="https://localhost").status_code == 403
    assert "group=early-bmc" not in read(reader, "/dashboard/more/course")


def test_the_second_visit_shows_the_same_drawings(reader: FlaskClient) -> None:
    first, second = (re.findall(r"<svg.*?</svg>", read(reader, "/dashboard"), re.DOTALL) for _visit in range(2))
    assert len(first) == 10
    assert first == second


def test_a_rate_leads_to_the_patients_it_counts(app: Flask, clinic: MadeClinic, reader: FlaskClient) -> None:
    """Only counted here: the rows of this study hold no names to open."""
    assert reader.get("/dashboard/responders-1/patients?of=bmc&at=m12", base_url="https://localhost").status_code == 403
    clinician = signed_in(app, clinic, "clinician")
    page = read(clinician, "/dashboard")
    assert "26/39" in page
    assert "of=bmc&amp;at=m12" in page
    empty = read(clinician, "/dashboard/responders-1/patients?of=bmc&at=m12&group=unattainable")
    for told in ('Responders <span class="soft">26</span>', 'Non-responders <span class="soft">13</span>'):
        assert told in empty
    assert 'No answer <span class="soft">1</span>' in empty
    for wrong in ("of=nobody&at=m12", "of=bmc&at=m99", "of=bmc&at=m12&group=x", ""):
        assert (
            clinician.get(f"/dashboard/responders-1/patients?{wrong}", base_url="https://localhost").status_code == 404
        )


def test_another_clinic_sees_nothing(app: Flask, clinic: MadeClinic) -> None:
    assert clinic.logins
    with app.app_context():
        other = make_clinic()
    page = read(signed_in(app, other, "clinician"), "/dashboard")
    assert "Nobody is enrolled yet" in page
    assert "26/39" not in page


def test_a_span_that_ends_before_it_begins_is_refused_with_a_sentence(reader: FlaskClient) -> None:
    span = {"enrolled_from": "2026-02-01", "enrolled_to": "2026-01-01"}
    reply = reader.get("/dashboard", query_string=span, base_url="https://localhost")
    assert reply.status_code == 422
    assert "after the last" in reply.get_data(as_text=True)


def test_strangers_are_sent_to_sign_in(app: Flask) -> None:
    reply = app.test_client().get("/dashboard", base_url="https://localhost")
    assert reply.status_code == 303
    assert "/login" in reply.headers["Location"]


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_page_holds_to_the_policy_and_to_the_window(
    browser: Browser, web_server: str, clinic: MadeClinic, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    context.set_default_timeout(60_000)  # a server's first chart, on a machine that has other work to do
    page = context.new_page()
    page.add_init_script(
        "window.broken=[];document.addEventListener('securitypolicyviolation',e=>broken.push(e.violatedDirective))"
    )
    page.goto(f"{web_server}/login?next=/dashboard")
    page.fill("#login", clinic.logins["clinician"])
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_selector("figure")
    for part in ("", "/more/effect", "/more/missing", "/more/subgroups", "/more/course", "/more/harms"):
        page.goto(f"{web_server}/dashboard{part}")
        page.wait_for_selector("figure")
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            name = f"dashboard{part.replace('/', '-')}-{width}-{scheme}.png"
            page.screenshot(path=str(Path(folder) / name), full_page=True)
        assert page.evaluate("window.broken") == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
