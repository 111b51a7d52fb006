"""The registry analyst: granted and taken back by each clinic, de-identified, read only."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveys.access.registry import granted_clinics
from surveys.db import clinic_scope, clinic_session, db
from surveys.demo import replica
from surveys.demo.lives import Life
from surveys.models import AuditEvent, Consent, RegistryGrant, Staff
from tests.factories import BEGINNING, MadeClinic, add_member, make_clinic
from tests.outcomes.study import BEGIN, lay, life
from tests.page_forms import form_to
from tests.staff_browser import SITE, signed_in


def make_registry_analyst() -> MadeClinic:
    """A clinic whose only login of interest is the registry analyst's; needs an app context."""
    made = make_clinic()
    login = f"registry-{made.id.hex[-12:]}"
    with clinic_scope(made.id), Session(db.engine) as session:
        add_member(session, made.id, login, "Test registry analyst", "registry_analyst", now=BEGINNING)
        session.commit()
    return MadeClinic(made.id, made.logins | {"registry_analyst": login})


def let_in(app: Flask, clinic: MadeClinic, login: str) -> None:
    """The clinic's administrator grants access in the browser."""
    admin = signed_in(app, clinic, "admin")
    page = admin.get("/registry/access", base_url=SITE).get_data(as_text=True)
    typed = dict(form_to(page, "/registry/access").fields) | {"login": login}
    assert admin.post("/registry/access", data=typed, base_url=SITE).status_code == 303


EACH = 12  # one of an arm is lost; ten have to be left


def some_lives() -> list[Life]:
    """As many of each arm of the replicated trial as are shown outside a clinic."""
    everyone = list(replica.lives(BEGIN))
    return [each for arm in ("bmc", "conventional") for each in [one for one in everyone if one.arm == arm][:EACH]]


@pytest.fixture(scope="module")
def counts(app: Flask, sites: tuple[MadeClinic, ...]) -> tuple[int, int]:
    """Responders and evaluable of the treated arm at 12 months, as the clinic itself reads them."""
    table = read(signed_in(app, sites[0], "clinician"), "/dashboard/responders-1.csv")
    rows = csv.DictReader(io.StringIO(table.lstrip("\ufeff")))
    row = next(row for row in rows if (row["timepoint"], row["arm"]) == ("m12", "bmc"))
    return int(row["responders"]), int(row["evaluable"])


@pytest.fixture(scope="module")
def home(app: Flask) -> MadeClinic:
    with app.app_context():
        return make_registry_analyst()


@pytest.fixture(scope="module")
def sites(app: Flask, home: MadeClinic) -> tuple[MadeClinic, MadeClinic, MadeClinic]:
    """The replicated trial, the same once more, and a clinic that never lets the analyst in."""
    with app.app_context():
        made = make_clinic(), make_clinic(), make_clinic()
        for clinic in made[:2]:
            lay(db.engine, clinic.id, some_lives())
    for clinic in made[:2]:
        let_in(app, clinic, home.logins["registry_analyst"])
    return made


@pytest.fixture
def reader(app: Flask, home: MadeClinic, sites: tuple[MadeClinic, ...]) -> FlaskClient:
    assert sites
    return signed_in(app, home, "registry_analyst")


def read(client: FlaskClient, path: str) -> str:
    reply = client.get(path, base_url=SITE)
    assert reply.status_code == 200, path
    return reply.get_data(as_text=True)


def test_sites_stand_side_by_side_and_pooled(reader: FlaskClient, counts: tuple[int, int]) -> None:
    page = read(reader, "/registry")
    assert counts[1] > 0
    assert page.count(f">{counts[0]}/{counts[1]}<") == 2
    assert f">{2 * counts[0]}/{2 * counts[1]}<" in page  # both sites together
    assert "All sites" in page


def test_a_site_is_chosen_by_its_id_and_one_that_did_not_agree_is_unknown(
    reader: FlaskClient, sites: tuple[MadeClinic, ...], counts: tuple[int, int]
) -> None:
    assert f">{counts[0]}/{counts[1]}<" in read(reader, f"/registry/figures?site={sites[0].id}")
    assert f">{2 * counts[0]}/{2 * counts[1]}<" in read(reader, "/registry/figures")
    for path in ("/registry/figures", "/registry/figures/responders-1.csv", "/registry/figures/responders-1.svg"):
        for unknown in (sites[2].id, "x", "0"):
            assert reader.get(f"{path}?site={unknown}", base_url=SITE).status_code == 404


def test_tables_and_drawings_are_those_of_the_pool(reader: FlaskClient, counts: tuple[int, int]) -> None:
    assert f"{2 * counts[0]},{2 * counts[1]}" in read(reader, "/registry/figures/responders-1.csv")
    assert f"{2 * counts[0]}/{2 * counts[1]}" in read(reader, "/registry/figures/responders-1.svg")


def test_small_sites_are_counted_where_all_of_them_are_no_small_group(
    app: Flask, reader: FlaskClient, home: MadeClinic, counts: tuple[int, int]
) -> None:
    """Whoever takes the sites that can be read from all together must be left with nobody or with ten."""
    both = f">{2 * counts[0]}/{2 * counts[1]}<"
    made = []
    try:
        for position in range(2):
            with app.app_context():
                made.append(make_clinic())
                lay(db.engine, made[-1].id, [each for each in some_lives() if each.arm == "bmc"][:6])
            let_in(app, made[-1], home.logins["registry_analyst"])
            page = read(reader, "/registry")
            assert str(made[-1].id) not in page
            assert (both in page) == (position == 0)
            assert ("1 site has too few patients" in page) == (position == 0)
            alone = read(reader, f"/registry/figures?site={made[-1].id}")
            assert "Too few patients fit this choice" in alone
            assert "6 enrolled" not in alone
        rows = list(csv.DictReader(io.StringIO(read(reader, "/registry/figures/by-site.csv").lstrip("\ufeff"))))
        treated = [row for row in rows if row["arm"] == "bmc"]
        assert [row["enrolled"] for row in treated] == ["12", "12", "36"]
        assert read(reader, "/registry/figures/by-site.svg").count("Riverside Clinic: ") == 4
    finally:
        for clinic in made:
            page = read(admin := signed_in(app, clinic, "admin"), "/registry/access")
            action = re.search(r'action="(/registry/access/[^"]+/revoke)"', page)
            assert action
            admin.post(action[1], data=dict(form_to(page, action[1]).fields), base_url=SITE)
    assert both in read(reader, "/registry")


def test_a_choice_is_answered_where_what_it_leaves_out_is_no_small_group(
    reader: FlaskClient, sites: tuple[MadeClinic, ...]
) -> None:
    """Of the twelve in an arm some are women and some are men: one of the two groups is small, so both stay hidden."""
    page = read(reader, f"/registry/figures?site={sites[0].id}&sex=female")
    assert "Too few patients fit this choice" in page
    assert "Too few patients fit this choice" in read(reader, f"/registry/figures?site={sites[0].id}&sex=male")
    everybody = read(reader, f"/registry/figures?site={sites[0].id}&enrolled_from=1900-01-01&enrolled_to=9999-12-31")
    assert "24 enrolled" in everybody
    assert "enrolled from 1900-01-01" in everybody


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("age_from=51", "ages begin at 50 or 65"),
        ("bmi_to=26", "body mass index begins at 25 or 30"),
        ("enrolled_from=2024-03-05", "whole years"),
        ("diagnosis=M51.1", "three first characters"),
        ("dose_from=100", "by clinician, dose or way of answering"),
        ("nth=9", "number of treatments is at most"),
        ("mode=phone", "not one of those on offer"),
        ("rule=nonsense", "This rule cannot be used"),
    ],
)
def test_a_choice_that_is_too_fine_is_refused_with_what_to_choose_instead(
    reader: FlaskClient, query: str, sentence: str
) -> None:
    for path in ("/registry", "/registry/figures", "/registry/figures/responders-1.csv"):
        reply = reader.get(f"{path}?{query}", base_url=SITE)
        assert reply.status_code == 422
        assert sentence in reply.get_data(as_text=True)


def test_every_part_of_the_figures_stands_for_one_site_and_for_all(
    reader: FlaskClient, sites: tuple[MadeClinic, ...]
) -> None:
    of_one = f"?site={sites[0].id}"
    for part in ("effect", "missing", "subgroups", "course", "harms", "measures", f"harms{of_one}"):
        page = read(reader, f"/registry/figures/more/{part}")
        assert "/patients" not in page
        assert "24 enrolled" in page if of_one in part else "48 enrolled" in page
    assert "Shown for all sites together" in read(reader, f"/registry/figures/more/subgroups{of_one}")
    assert "Shown inside the clinic alone" in read(reader, "/registry/figures")


def test_a_saved_choice_is_taken_and_that_of_a_clinic_is_unknown(
    app: Flask, reader: FlaskClient, sites: tuple[MadeClinic, ...]
) -> None:
    page = read(reader, "/registry?arm=bmc")
    typed = dict(form_to(page, "/cohorts").fields) | {"name": "Treated"}
    assert reader.post("/cohorts", data=typed, base_url=SITE).status_code == 303
    listed = read(reader, "/cohorts")
    mine = re.search(r"/registry\?cohort=([0-9a-f-]{36})", listed)
    assert mine
    for path in ("/registry", "/registry/figures", "/registry/figures/more/effect"):
        shown = read(reader, f"{path}?cohort={mine[1]}")
        assert "<strong>Treated</strong>, version 1" in shown
        assert "24 enrolled" in shown  # twelve at each of two sites
    owner = signed_in(app, sites[0], "analyst")
    typed = dict(form_to(read(owner, "/dashboard?arm=bmc"), "/cohorts").fields) | {"name": "Ours"}
    assert owner.post("/cohorts", data=typed, base_url=SITE).status_code == 303
    theirs = re.search(r"/dashboard\?cohort=([0-9a-f-]{36})", read(owner, "/cohorts"))
    assert theirs
    assert reader.get(f"/registry?cohort={theirs[1]}", base_url=SITE).status_code == 404
    assert owner.get(f"/dashboard?cohort={mine[1]}", base_url=SITE).status_code == 404


def test_pages_of_a_clinic_are_not_for_the_registry(reader: FlaskClient) -> None:
    for path in ("/dashboard", "/desk", "/patients", "/registry/access"):
        assert reader.get(path, base_url=SITE).status_code == 403
    assert reader.get("/", base_url=SITE).location == "/registry"


def test_each_reading_is_noted_at_the_clinic_that_is_read(
    app: Flask, reader: FlaskClient, sites: tuple[MadeClinic, ...]
) -> None:
    read(reader, f"/registry/figures?site={sites[0].id}")
    with app.app_context(), clinic_session(sites[0].id) as session:
        noted = select(AuditEvent.action).where(AuditEvent.subject == "registry_grant").order_by(AuditEvent.id)
        events = session.scalars(noted).all()
    assert events[0] == "registry_granted"
    assert set(events[1:]) == {"figures_read"}


def test_who_does_not_allow_research_is_counted_by_their_own_clinic_only(
    app: Flask, reader: FlaskClient, sites: tuple[MadeClinic, ...], counts: tuple[int, int]
) -> None:
    def allow(until: datetime | None) -> None:
        with app.app_context(), clinic_session(sites[1].id) as session:
            session.execute(update(Consent).where(Consent.kind == "research").values(withdrawn_at=until))
            session.commit()

    allow(BEGINNING)
    try:
        assert f">{2 * counts[0]}/{2 * counts[1]}<" not in read(reader, "/registry/figures")
        assert f">{counts[0]}/{counts[1]}<" in read(reader, "/registry/figures")
        assert f">{counts[0]}/{counts[1]}<" in read(signed_in(app, sites[1], "clinician"), "/dashboard")
    finally:
        allow(None)


def test_access_ends_when_the_clinic_takes_it_back(app: Flask, home: MadeClinic) -> None:
    with app.app_context():
        clinic = make_clinic()
        lay(db.engine, clinic.id, [life(number) for number in range(10)])
    let_in(app, clinic, home.logins["registry_analyst"])
    reader, admin = signed_in(app, home, "registry_analyst"), signed_in(app, clinic, "admin")
    assert "10 enrolled" in read(reader, f"/registry/figures?site={clinic.id}")
    page = read(admin, "/registry/access")
    action = re.search(r'action="(/registry/access/[^"]+/revoke)"', page)
    assert action
    assert admin.post(action[1], data=dict(form_to(page, action[1]).fields), base_url=SITE).status_code == 303
    assert reader.get(f"/registry/figures?site={clinic.id}", base_url=SITE).status_code == 404
    assert str(clinic.id) not in read(reader, "/registry")


@pytest.mark.parametrize("end", ["disabled", "role"])
def test_a_grant_dies_with_the_account_and_with_the_role(app: Flask, end: str) -> None:
    with app.app_context():
        home, clinic = make_registry_analyst(), make_clinic()
        login = home.logins["registry_analyst"]
    let_in(app, clinic, login)

    with app.app_context(), clinic_session(home.id) as session:
        person = session.scalars(select(Staff).where(Staff.login == login)).one()
        assert granted_clinics(session, person.id) == [clinic.id]
        if end == "disabled":
            person.disabled_at = BEGINNING
        else:
            person.role = "analyst"
        session.commit()
        assert granted_clinics(session, person.id) == []


@pytest.mark.parametrize("whom", ["nobody-at-all", "clinician", "", "a\0b", "x" * 5000])
def test_only_a_registry_analyst_is_let_in_and_every_other_login_is_told_the_same(
    app: Flask, home: MadeClinic, whom: str
) -> None:
    with app.app_context():
        clinic = make_clinic()
    admin = signed_in(app, clinic, "admin")
    typed = dict(form_to(read(admin, "/registry/access"), "/registry/access").fields)
    reply = admin.post("/registry/access", data=typed | {"login": home.logins.get(whom, whom)}, base_url=SITE)
    assert reply.status_code == 422
    with app.app_context(), clinic_session(clinic.id) as session:
        assert session.scalars(select(RegistryGrant)).all() == []


def test_an_arm_of_a_handful_is_kept_from_whoever_reads_without_names(app: Flask, home: MadeClinic) -> None:
    with app.app_context():
        clinic = make_clinic()
        lay(db.engine, clinic.id, [*(life(number) for number in range(10)), life(10, arm="conventional")])
    let_in(app, clinic, home.logins["registry_analyst"])
    paths = {
        "registry_analyst": (home, f"/registry/figures?site={clinic.id}", "fewer than 10 patients"),
        "analyst": (clinic, "/dashboard", "fewer than 5 patients"),
    }
    for role, (of, path, words) in paths.items():
        page = read(signed_in(app, of, role), path)
        assert words in page
        assert "10 enrolled" in page
        assert "0/1<" not in page
    assert "11 enrolled" in read(signed_in(app, clinic, "clinician"), "/dashboard")
    assert "fewer than 10" in read(signed_in(app, home, "registry_analyst"), "/registry?protocol=trial")
