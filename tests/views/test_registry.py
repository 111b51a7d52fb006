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


def some_lives() -> list[Life]:
    """A few of each arm of the replicated trial."""
    everyone = list(replica.lives(BEGIN))
    return [each for arm in ("bmc", "conventional") for each in [one for one in everyone if one.arm == arm][:6]]


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
        lay(db.engine, clinic.id, [life(number) for number in range(5)])
    let_in(app, clinic, home.logins["registry_analyst"])
    reader, admin = signed_in(app, home, "registry_analyst"), signed_in(app, clinic, "admin")
    assert "5 enrolled" in read(reader, f"/registry/figures?site={clinic.id}")
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
        lay(db.engine, clinic.id, [*(life(number) for number in range(5)), life(9, arm="conventional")])
    let_in(app, clinic, home.logins["registry_analyst"])
    paths = {"registry_analyst": (home, f"/registry/figures?site={clinic.id}"), "analyst": (clinic, "/dashboard")}
    for role, (of, path) in paths.items():
        page = read(signed_in(app, of, role), path)
        assert "fewer than 5 patients" in page
        assert "5 enrolled" in page
        assert "0/1" not in page
    assert "6 enrolled" in read(signed_in(app, clinic, "clinician"), "/dashboard")
    assert "fewer than 5" in read(signed_in(app, home, "registry_analyst"), "/registry?protocol=trial")
