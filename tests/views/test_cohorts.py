"""A choice of patients holds on every page, figure and file of the staff side, by filters and by its saved name."""

from __future__ import annotations

import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from surveys.db import clinic_session, db, uuid7
from surveys.models import Patient, SavedCohort
from tests.factories import MadeClinic, make_clinic
from tests.outcomes.study import lay
from tests.page_forms import form_to
from tests.staff_browser import SITE, signed_in
from tests.views.test_registry import some_lives

SECTIONS = ("effect", "missing", "subgroups", "course", "harms", "measures")
BEHIND = ("/dashboard/responders-1/patients?of=bmc&at=m12", "/dashboard/waterfall/people?group=better-bmc")
FIGURES = ["/dashboard", *(f"/dashboard/more/{section}" for section in SECTIONS), *BEHIND]
PAGES = [*FIGURES, "/quality", "/exports", "/patients", "/queue"]
FILES = ["/dashboard/responders-1.csv", "/dashboard/funnel.csv", "/dashboard/responders-1.svg", "/quality/modes.csv"]
ARM = "Bone marrow concentrate"


@pytest.fixture(scope="module")
def clinic(app: Flask) -> MadeClinic:
    """A part of the replicated trial: twelve in each arm."""
    with app.app_context():
        made = make_clinic()
        lay(db.engine, made.id, some_lives())
        with clinic_session(made.id) as session:
            for patient in session.scalars(select(Patient)):
                name_of(app, patient)
            session.commit()
    return made


def name_of(app: Flask, patient: Patient) -> None:
    """Give a patient of the study a name that can be opened."""
    for column in ("chart_number_enc", "first_name_enc", "surname_enc"):
        value = app.extensions["vault"].seal(f"P{patient.number}", "patient", column, patient.id)
        setattr(patient, column, value)


@pytest.fixture(scope="module")
def reader(app: Flask, clinic: MadeClinic) -> FlaskClient:
    return signed_in(app, clinic, "clinician")


@pytest.fixture(scope="module")
def treated(reader: FlaskClient) -> str:
    """The id of a saved choice: the treated arm."""
    return saved(reader, "Treated", "/dashboard?arm=bmc")


def saved(client: FlaskClient, name: str, page: str) -> str:
    """Save what a page shows; returns the id of the choice."""
    typed = dict(form_to(read(client, page), "/cohorts").fields) | {"name": name}
    assert client.post("/cohorts", data=typed, base_url=SITE).status_code == 303
    found = re.search(rf"<h2[^>]*>{name}.*?/dashboard\?cohort=([0-9a-f-]{{36}})", read(client, "/cohorts"), re.DOTALL)
    assert found
    return found[1]


def read(client: FlaskClient, path: str) -> str:
    reply = client.get(path, base_url=SITE)
    assert reply.status_code == 200, path
    return reply.get_data(as_text=True)


def asking(path: str, query: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}{query}"


@pytest.mark.parametrize("path", PAGES)
def test_every_page_takes_a_choice_and_says_it(reader: FlaskClient, treated: str, path: str) -> None:
    page = read(reader, asking(path, f"cohort={treated}"))
    assert "<strong>Treated</strong>, version 1: " in page
    assert f", {ARM}" in page
    by_filters = read(reader, asking(path, "protocol=trial&arm=bmc"))
    assert f", {ARM}" in by_filters
    assert "<strong>Treated" not in by_filters


def test_a_choice_leaves_out_everybody_else(reader: FlaskClient, treated: str) -> None:
    numbers = re.compile(r'data-label="Number">(\d+)<')
    everybody = numbers.findall(read(reader, "/patients"))
    chosen = numbers.findall(read(reader, f"/patients?cohort={treated}"))
    assert (len(everybody), len(chosen)) == (24, 12)
    assert set(chosen) < set(everybody)
    assert "12 enrolled" in read(reader, f"/dashboard?cohort={treated}")


@pytest.mark.parametrize("path", FILES)
def test_every_file_says_of_whom_it_is(reader: FlaskClient, treated: str, path: str) -> None:
    text = read(reader, asking(path, f"cohort={treated}"))
    if path.endswith(".svg"):
        assert f", {ARM}.</desc>" in text
        return
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert rows or path.startswith("/quality")  # this study has no single answers
    assert "cohort" in text.partition("\n")[0]
    assert all(row["cohort"].endswith(f", {ARM}") for row in rows)


def test_from_the_people_behind_a_number_the_way_back_keeps_the_choice(reader: FlaskClient, treated: str) -> None:
    for path, back in zip(BEHIND, ("/dashboard?", "/dashboard?"), strict=True):
        page = read(reader, asking(path, f"cohort={treated}&rule=odi change >= 12"))
        found = re.search(r'class="up"><a href="([^"]+)#', page)
        assert found
        assert found[1].startswith(back)
        shown = read(reader, found[1].replace("&amp;", "&"))
        assert "<strong>Treated</strong>" in shown
        assert "12 points" in shown


def test_a_changed_choice_is_a_new_version_and_old_links_keep_theirs(reader: FlaskClient) -> None:
    first = saved(reader, "Younger", "/dashboard?age_to=50")
    assert saved(reader, "Younger", "/dashboard?age_to=50") == first  # the same choice is the version that stands
    second = saved(reader, "Younger", "/dashboard?age_to=45")
    assert second != first
    assert "version 1: " in read(reader, f"/dashboard?cohort={first}")
    assert "age 50 or less years" in read(reader, f"/dashboard?cohort={first}")
    assert "age 45 or less years" in read(reader, f"/dashboard?cohort={second}")
    listed = read(reader, "/cohorts")
    assert f"/dashboard?cohort={first}" in listed
    assert len(re.findall(r"saved [^<]* by Test clinician", listed)) >= 3  # who and when, of old ones too


def test_forms_of_statements_and_plans_take_an_older_version_too(reader: FlaskClient) -> None:
    """As addresses of the dashboard do: a newer version changes nothing for who means the older one."""
    first = saved(reader, "Heavy", "/dashboard?bmi_from=25")
    second = saved(reader, "Heavy", "/dashboard?bmi_from=30")
    for path in ("/claims/new", "/plans"):
        page = read(reader, f"{path}?protocol=trial")
        assert f'value="{first}">Heavy, version 1<' in page
        assert f'value="{second}">Heavy, version 2<' in page
    previewed = read(reader, f"/claims/new?protocol=trial&kind=complications&cohort={first}")
    assert f'value="{first}" selected' in previewed
    form = form_to(read(reader, "/plans?protocol=trial"), "/plans")
    typed = dict(form.fields) | {"title": "P", "rule": "odi change >= 10", "timepoint": "m12", "kind": "complications"}
    assert reader.post("/plans", data=typed | {"saved": str(UUID(int=1))}, base_url=SITE).status_code == 422
    reply = reader.post("/plans", data=typed | {"saved": first}, base_url=SITE, follow_redirects=True)
    assert "bmi=25.." in reply.text


@pytest.mark.parametrize("rule", ["nrs_active change >= 2", "odi change >= 12"])
def test_a_statement_is_made_of_what_the_dashboard_shows(reader: FlaskClient, rule: str) -> None:
    """With its patients, timepoint and rule, also one of the reader's own; from its further parts too."""
    asked = f"protocol=trial&sex=female&timepoint=m6&rule={rule}"
    for path in ("/dashboard", "/dashboard/more/effect"):
        found = re.search(r'href="([^"]+)">Make a statement of this<', read(reader, asking(path, asked)))
        assert found
        page = unescape(read(reader, unescape(found[1])))
        assert 'value="protocol=trial sex=female"' in page
        assert f'value="{rule}" selected' in page
        assert 'value="m6" selected' in page


def test_a_statement_is_made_of_a_saved_choice_that_the_dashboard_shows(reader: FlaskClient) -> None:
    women = saved(reader, "For a statement", "/dashboard?sex=female&timepoint=m6")
    found = re.search(r'href="([^"]+)">Make a statement of this<', read(reader, f"/dashboard?cohort={women}"))
    assert found
    for address in (unescape(found[1]), f"/claims/new?cohort={women}"):
        page = read(reader, address)
        assert f'value="{women}" selected' in page
        assert 'value="trial" selected' in page
        assert 'value="m6" selected' in page


@pytest.mark.parametrize("chosen", ["cohort={saved}", "saved={saved}", "cohort=protocol%3Dtrial"])
def test_a_statement_takes_no_filter_beside_a_whole_choice(reader: FlaskClient, treated: str, chosen: str) -> None:
    address = f"/claims/new?protocol=trial&{chosen.format(saved=treated)}&sex=male"
    reply = reader.get(address, base_url=SITE)
    assert reply.status_code == 422
    assert "Leave it out, or leave out: sex." in reply.text


def test_nothing_is_offered_to_be_made_of_a_retired_choice(reader: FlaskClient) -> None:
    gone = saved(reader, "No more", "/dashboard?sex=female")
    assert "Make a statement of this" in read(reader, f"/dashboard?cohort={gone}")
    form = form_to(read(reader, "/cohorts"), f"/cohorts/{gone}/retire")
    assert reader.post(form.action, data=dict(form.fields), base_url=SITE).status_code == 303
    assert "Make a statement of this" not in read(reader, f"/dashboard?cohort={gone}")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("cohort=nonsense", "no such saved choice"),
        (f"cohort={UUID(int=1)}", "no such saved choice"),
        ("arm=none", "not one of those on offer"),
        ("protocol=none", "not one of those on offer"),
        ("protocol=trial&pain_generator=none", "not one of those on offer"),
        ("protocol=trial&clinician=none", "not one of those on offer"),
        ("protocol=trial&age_from=1e9", "whole number of years from 0 to 120"),
        ("protocol=trial&dose_to=2e6", "from 0 to 1000000"),
        ("protocol=trial&bmi_from=30&bmi_to=20", "begins above its end"),
        ("protocol=trial&enrolled_from=yesterday", "is no date"),
        ("protocol=trial&diagnosis=%27%3B--", "ICD-10"),
        ("protocol=trial&nth=0", "from 1 to 100"),
    ],
)
def test_what_does_not_exist_is_told_with_the_way_back(reader: FlaskClient, query: str, sentence: str) -> None:
    for path in (*PAGES, *FILES):
        if query.startswith("arm=") and path in ("/patients", "/queue"):
            continue  # lists of people are everybody's until a protocol is named
        reply = reader.get(asking(path, query), base_url=SITE)
        page = reply.get_data(as_text=True)
        assert 400 <= reply.status_code < 500, path
        assert sentence in page
        assert 'href="/' in page.partition("<main")[2]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("protocol=trial&unknownparam=5", "unknownparam is no filter here"),
        ("protocol=trial&sex=female&sex=male", "sex stands twice"),
        ("cohort={saved}&sex=male", "A saved choice stands alone"),
        ("group=no_follow_up&from=abc", "such as from=50"),
    ],
)
def test_nothing_of_an_address_is_passed_over(reader: FlaskClient, treated: str, query: str, sentence: str) -> None:
    """Else a page of everybody would stand under an address that asks for some."""
    lists = () if "unknown" in query else ("/patients", "/queue")  # they have words of their own
    for path in BEHIND[:1] if "from=" in query else (*FIGURES, *FILES, *lists, "/quality", "/exports", "/reports"):
        reply = reader.get(asking(path, query.format(saved=treated)), base_url=SITE)
        assert reply.status_code == 422, path
        assert sentence in reply.get_data(as_text=True)


def test_a_saved_choice_is_one_that_pages_can_show(reader: FlaskClient) -> None:
    typed = dict(form_to(read(reader, "/dashboard"), "/cohorts").fields) | {"name": "Far"}
    for point in ("m99", "baseline"):
        reply = reader.post("/cohorts", data=typed | {"filters": f"protocol=trial timepoint={point}"}, base_url=SITE)
        assert reply.status_code == 422
        assert "timepoint" in reply.get_data(as_text=True)
    first = saved(reader, "Women", "/dashboard?sex=female")
    shouted = typed | {"filters": "protocol=trial sex=female age=50..", "name": "WOMEN"}
    assert reader.post("/cohorts", data=shouted, base_url=SITE).status_code == 303
    listed = read(reader, "/cohorts")
    assert "WOMEN" not in listed
    assert listed.count(">Women <") == 1
    assert f"/dashboard?cohort={first}" in listed  # an earlier version of the same name


def test_those_who_save_one_name_at_once_make_versions_of_it(app: Flask, clinic: MadeClinic) -> None:
    readers = [signed_in(app, clinic, role) for role in ("clinician", "coordinator", "admin") for _each in range(2)]
    pages = [read(reader, f"/dashboard?age_to={40 + at}") for at, reader in enumerate(readers)]
    forms = [dict(form_to(page, "/cohorts").fields) for page in pages]
    typed = [fields | {"name": ("Race", "race")[at % 2]} for at, fields in enumerate(forms)]

    def save(reader: FlaskClient, fields: dict[str, str]) -> int:
        return reader.post("/cohorts", data=fields, base_url=SITE).status_code

    with ThreadPoolExecutor(len(readers)) as threads:
        assert list(threads.map(save, readers, typed)) == [303] * len(readers)
    with app.app_context(), clinic_session(clinic.id) as session:
        rows = session.scalars(select(SavedCohort).where(func.lower(SavedCohort.name) == "race")).all()
    assert sorted(row.version for row in rows) == [1, 2, 3, 4, 5, 6]
    assert len({row.name for row in rows}) == 1


def test_a_choice_of_an_older_filter_language_is_told_wherever_it_is_named(
    app: Flask, clinic: MadeClinic, reader: FlaskClient
) -> None:
    standing = UUID(saved(reader, "Long ago", "/dashboard?sex=male"))
    with app.app_context(), clinic_session(clinic.id) as session:
        row = session.get_one(SavedCohort, standing)
        named = {name: getattr(row, name) for name in ("clinic_id", "name", "filters_hash", "saved_by", "saved_at")}
        older = SavedCohort(id=uuid7(), version=2, filters="protocol=trial height=180", **named)
        session.add(older)
        session.commit()
        cohort = older.id
    assert "This choice can no longer be read: height=180 is no filter" in unescape(read(reader, "/cohorts"))
    for path in (*PAGES, *FILES, "/claims/new"):
        reply = reader.get(f"{path.partition('?')[0]}?cohort={cohort}", base_url=SITE)
        assert reply.status_code == 422, path
        assert "Choose on the dashboard and save that under the same name" in reply.get_data(as_text=True)


def test_a_choice_of_nobody_and_one_of_all_time_say_so(reader: FlaskClient) -> None:
    for path in ("/dashboard", "/quality", "/exports", "/patients", "/queue", "/dashboard/more/harms"):
        everybody = read(reader, asking(path, "protocol=trial&enrolled_from=0001-01-01&enrolled_to=9999-12-31"))
        assert "enrolled from 0001-01-01, enrolled to 9999-12-31" in everybody
        nobody = read(reader, asking(path, "protocol=trial&enrolled_from=1990-01-01&enrolled_to=1990-12-31"))
        assert "enrolled to 1990-12-31" in nobody
    assert "No patient fits this choice" in read(reader, "/dashboard?enrolled_to=1990-12-31")
    assert "24 enrolled" in read(reader, "/dashboard?enrolled_from=0001-01-01&enrolled_to=9999-12-31")


def test_another_clinics_choice_is_as_unknown_as_none(app: Flask, treated: str) -> None:
    with app.app_context():
        other = make_clinic()
        lay(db.engine, other.id, some_lives()[:2])
    client = signed_in(app, other, "clinician")
    for path in (*PAGES, *FILES):
        assert client.get(asking(path, f"cohort={treated}"), base_url=SITE).status_code == 404, path
