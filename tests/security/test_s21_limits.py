"""S21: nothing is read without a limit: bodies, fields, parts, lines, addresses."""

from __future__ import annotations

import io

import pytest
import requests
from flask.testing import FlaskClient

from surveys.config import MAX_BODY
from surveys.exchange.patients_csv import MOST_ROWS
from surveys.views.sitting.patient_page import LARGEST_FORM
from tests.security.world import World
from tests.staff_browser import SITE

HEADER = "chart_number,first_name,surname,arm,pain_generator\n"
MOST_PARTS = 300


def ask(client: FlaskClient, world: World, path: str, **sent: object) -> int:
    data = {"csrf_token": world.token(), **sent}
    reply = client.post(path, data=data, base_url=SITE, headers={"Referer": f"{SITE}/"}, buffered=True)
    return reply.status_code


def large_file(client: FlaskClient, world: World, content: str) -> int:
    """Send a file in a form written here: the test client keeps a large one in a file that nobody closes."""
    token = f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{world.token()}\r\n'
    kind = "Content-Type: text/csv"
    file = (
        f'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n{kind}\r\n\r\n{content}\r\n--x--\r\n'
    )
    headers, form = {"Referer": f"{SITE}/"}, "multipart/form-data; boundary=x"
    sent = client.post("/patients/import", data=token + file, content_type=form, base_url=SITE, headers=headers)
    return sent.status_code


def test_s21_a_body_over_the_limit_is_413_whatever_it_is_for(world: World) -> None:
    large = "x" * (MAX_BODY + 1)
    staff, nobody = world.browser("coordinator"), world.browser("anonymous")
    assert ask(staff, world, "/patients/new", surname=large) == 413
    assert ask(staff, world, "/patients/import", text=large) == 413
    assert large_file(staff, world, large) == 413
    assert ask(nobody, world, "/login", login=large) == 413


def test_s21_a_patients_form_is_small(world: World) -> None:
    phone = world.browser("patient A")
    assert ask(phone, world, "/s/nrs11/1", answer="x" * (LARGEST_FORM + 1)) == 413


def test_s21_many_parts_are_413(world: World) -> None:
    parts = {f"field-{number}": "x" for number in range(MOST_PARTS + 1)} | {"csrf_token": world.token()}
    headers, kind = {"Referer": f"{SITE}/"}, "multipart/form-data"
    client = world.browser("coordinator")
    reply = client.post("/patients/import", data=parts, content_type=kind, base_url=SITE, headers=headers)
    assert reply.status_code == 413


def test_s21_many_fields_are_read_once_and_refused_or_passed_over(world: World) -> None:
    body = "&".join([f"csrf_token={world.token()}", *(f"field-{number}=x" for number in range(50_000))])
    headers, kind = {"Referer": f"{SITE}/"}, "application/x-www-form-urlencoded"
    client = world.browser("coordinator")
    reply = client.post("/patients/new", data=body, content_type=kind, base_url=SITE, headers=headers)
    assert reply.status_code == 422


def test_s21_an_import_has_so_many_lines_and_no_more(world: World) -> None:
    client = world.browser("coordinator")
    text = HEADER + "".join(f"L-{number},A,B,treated,facet\n" for number in range(MOST_ROWS + 1))
    data = {"csrf_token": world.token(), "text": text}
    reply = client.post("/patients/import", data=data, base_url=SITE, headers={"Referer": f"{SITE}/"})
    assert reply.status_code == 422
    assert f"more than {MOST_ROWS} lines" in reply.get_data(as_text=True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("patients.xlsx", b"PK\x03\x04" + b"\0" * 500),
        ("patients.pdf", b"%PDF-1.7\n\xe2\xe3\xcf\xd3"),
        ("patients.csv", "chart_number\n\xff".encode("latin-1")),
        ("patients.csv", HEADER.encode("utf-16")),
        ("patients.csv.gz", b"\x1f\x8b\x08\x00" + b"\0" * 50),
        ("patients.csv", b'"' * 200_000),
        ("patients.csv", (HEADER + "A" * 200_000 + ",A,B,treated,facet\n").encode()),
    ],
    ids=["xlsx", "pdf", "latin-1", "utf-16", "gzip", "quotes", "long cell"],
)
def test_s21_a_file_of_another_kind_is_refused_with_a_sentence(world: World, name: str, content: bytes) -> None:
    client = world.browser("coordinator")
    data = {"csrf_token": world.token(), "file": (io.BytesIO(content), name)}
    reply = client.post("/patients/import", data=data, base_url=SITE, headers={"Referer": f"{SITE}/"})
    assert reply.status_code == 422
    assert 'role="alert"' in reply.get_data(as_text=True)


def test_s21_a_large_body_gets_its_page_from_the_real_server_and_not_a_cut_line(web_server: str) -> None:
    for size in (MAX_BODY + 1, 3 * 1024 * 1024, 20 * 1024 * 1024):
        reply = requests.post(f"{web_server}/login", data={"login": "x" * size}, timeout=60)
        assert reply.status_code == 413
        assert "too large" in reply.text


def test_s21_an_address_may_be_long_and_is_then_unknown(world: World) -> None:
    client = world.browser("anonymous")
    assert client.get("/q/" + "x" * 100_000, base_url=SITE).status_code in (404, 414)
