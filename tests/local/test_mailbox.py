"""The demo's mail catcher, over real SMTP and HTTP."""

import smtplib
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page

from local.mailpages import with_links
from local.mailstore import MailStore
from local.ports import LOOPBACK, free_port
from local.ready import trouble
from tests.servers.axe import violations
from tests.servers.processes import process, wait_until

LINK = "https://clinic.example.org/l/abc-123"


@dataclass
class Mailbox:
    url: str
    smtp_port: int
    store: MailStore

    def send(self, message: EmailMessage) -> str:
        with smtplib.SMTP(LOOPBACK, self.smtp_port) as relay:
            relay.send_message(message)
        return self.store.names()[0]

    def get(self, path: str) -> tuple[str, str]:
        with urllib.request.urlopen(self.url + path) as reply:  # noqa: S310  our own loopback address
            return reply.read().decode(), reply.headers["Content-Security-Policy"]


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    folder = tmp_path_factory.mktemp("mailbox")
    port, smtp_port = free_port(), free_port()
    arguments = ["local.mailbox", "--folder", str(folder / "mail"), "--port", str(port)]
    with process([*arguments, "--smtp-port", str(smtp_port)], {}, folder / "log"):
        url = f"http://{LOOPBACK}:{port}"
        wait_until(lambda: not trouble(f"{url}/"), "the mailbox")
        yield Mailbox(url, smtp_port, MailStore(folder / "mail"))


def mail(subject: str = "Your questions", text: str = f"Start here: {LINK}.\n", html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "clinic@example.org", "ana@example.org", subject
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def test_a_mail_is_listed_and_its_link_can_be_followed(mailbox: Mailbox) -> None:
    name = mailbox.send(mail("¿Cómo está su espalda?"))
    assert "¿Cómo está su espalda?" in mailbox.get("/")[0]
    assert f'<a href="{LINK}">{LINK}</a>.' in mailbox.get(f"/mail/{name}")[0]


def test_the_html_of_a_mail_is_shut_in(mailbox: Mailbox) -> None:
    name = mailbox.send(mail(html="<p>Hello</p><script>alert(1)</script>"))
    page, page_policy = mailbox.get(f"/mail/{name}")
    html, policy = mailbox.get(f"/mail/{name}/html")
    assert "<p>Hello</p>" in html
    assert policy == "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    assert page_policy.startswith("default-src 'none'")
    assert "<script" not in page


def test_hostile_text_is_shown_as_text(mailbox: Mailbox) -> None:
    name = mailbox.send(mail("<b>x</b>", '"><script>alert(1)</script> https://a.example/"onclick=1'))
    page = mailbox.get(f"/mail/{name}")[0]
    assert "<script" not in page
    assert "<b>x" not in page
    assert '"onclick' not in page


@pytest.mark.parametrize("path", ["/mail/..", "/mail/0", "/mail/%2e%2e%2fsecrets", "/mail/1/html"])
def test_an_unknown_mail_is_not_found(mailbox: Mailbox, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        mailbox.get(path)
    with error.value:
        assert error.value.code == 404


def test_links_end_before_punctuation() -> None:
    assert with_links("(see http://a.example/x?y=1&z).") == (
        '(see <a href="http://a.example/x?y=1&amp;z">http://a.example/x?y=1&amp;z</a>).'
    )


@pytest.mark.parametrize("path", ["list", "mail"])
def test_the_pages_fit_a_phone_and_pass_axe(mailbox: Mailbox, page: Page, path: str) -> None:
    name = mailbox.send(mail(html="<html lang=en><title>x</title><main><h1>Hello</h1></main></html>"))
    page.goto(mailbox.url + ("/" if path == "list" else f"/mail/{name}"))
    assert violations(page, iframes=False) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
