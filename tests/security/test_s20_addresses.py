"""S20: where a page or a mail leads is decided here and never by who asks: ``next=``, Host, and links in mail."""

from __future__ import annotations

import re
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from surveys.access.opt_out import opt_out_url
from surveys.views.guard import local_path
from tests.security.corpus import LEADING_AWAY
from tests.security.world import World
from tests.staff_browser import SITE

EVERY_WAY = (*LEADING_AWAY, "data:text/html,x", "/%09/evil.example/../..")
ORIGIN = re.compile(r"https?://[^/\s\"'<>]+")
HOSTS = ("evil.example", "localhost.evil.example", "evil.example:80@localhost", "localhost:99999", "[", "a" * 5000)


@pytest.mark.parametrize("target", EVERY_WAY)
def test_s20_next_stays_on_this_site(target: str) -> None:
    address = local_path(target)
    split = urlsplit(address)
    assert (split.scheme, split.netloc) == ("", "")
    assert address.startswith("/")
    assert not address.startswith(("//", "/\\"))
    assert not set(address) & set("\r\n\t\\")


@pytest.mark.parametrize("target", ["/", "/dashboard?arm=treated", "/patients/import#text"])
def test_s20_next_leads_back_to_a_page_of_this_site(target: str) -> None:
    assert local_path(target) == target


@pytest.mark.parametrize("target", EVERY_WAY)
def test_s20_the_sign_in_page_repeats_no_address_that_leads_away(client: FlaskClient, target: str) -> None:
    page = client.get("/login", query_string={"next": target}, base_url=SITE).get_data(as_text=True)
    assert "evil.example" not in page or 'value="/%09/evil' in page
    assert "javascript:" not in page


@pytest.mark.parametrize("host", HOSTS)
def test_s20_a_foreign_host_is_refused_and_told_the_right_address(app: Flask, client: FlaskClient, host: str) -> None:
    for path in ("/", "/login", "/q/unknown", "/static/app.css"):
        reply = client.get(path, headers={"Host": host})
        assert reply.status_code == 400
        assert app.extensions["backstory"].public_base_url in reply.get_data(as_text=True)
        assert "Location" not in reply.headers


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-URL", "X-Rewrite-URL"])
def test_s20_no_other_header_names_the_host(world: World, header: str) -> None:
    client = world.browser("anonymous")
    told = {header: "host=evil.example" if header == "Forwarded" else "evil.example"}
    reply = client.get("/desk", base_url=SITE, headers=told)
    assert reply.status_code == 303
    assert "evil.example" not in str(reply.headers)


def test_s20_a_redirect_names_no_host(world: World) -> None:
    client = world.browser("anonymous")
    for path in ("/", "/desk", "/patients"):
        assert client.get(path, base_url=SITE).location.startswith("/")


def test_s20_an_opt_out_address_begins_with_the_public_one(world: World) -> None:
    base = world.app.extensions["backstory"].public_base_url
    address = opt_out_url(base, str(world.app.secret_key), world.a.id, world.a.id)
    assert address.startswith(f"{base}/u/")


def links_of(message: EmailMessage) -> set[str]:
    """The origins of every address in either part of a mail."""
    text = "".join(str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text")
    return set(ORIGIN.findall(text))
