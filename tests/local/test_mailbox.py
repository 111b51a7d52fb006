"""The demo's mail catcher, over real SMTP and HTTP."""

import smtplib
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from http.client import HTTPConnection

import pytest
from playwright.sync_api import Page

from local.mailpages import with_links
from local.mailstore import MailStore
from local.ports import LOOPBACK, free_port
from local.ready import trouble
from local.texts import gateway_settings
from surveys.channels.gateway import read_gateway
from tests.servers.axe import violations
from tests.servers.processes import process, wait_until

LINK = "https://clinic.example.org/l/abc-123"


@dataclass
class Mailbox:
    url: str
    smtp_port: int
    sms_port: int
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
    port, smtp_port, sms_port = free_port(), free_port(), free_port()
    arguments = ["local.mailbox", "--folder", str(folder / "mail"), "--port", str(port)]
    with process([*arguments, "--smtp-port", str(smtp_port), "--sms-port", str(sms_port)], {}, folder / "log"):
        url = f"http://{LOOPBACK}:{port}"
        wait_until(lambda: not trouble(f"{url}/"), "the mailbox")
        yield Mailbox(url, smtp_port, sms_port, MailStore(folder / "mail"))


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


def text_to(mailbox: Mailbox, number: str, words: str) -> int:
    """Hand a text over as the application does with the demo's settings."""
    gateway = read_gateway({**gateway_settings(mailbox.sms_port), "BACKSTORY_ENV": "demo"})
    assert gateway
    request = gateway.request(number, words, "0")
    line = HTTPConnection(LOOPBACK, mailbox.sms_port)
    try:
        line.request(request.method, request.target, request.body, dict(request.headers))
        return line.getresponse().status
    finally:
        line.close()


def test_a_text_stands_beside_the_mail_with_its_link(mailbox: Mailbox) -> None:
    assert text_to(mailbox, "+447700900123", f'¿Cómo está? "{LINK}"\nStop: {LINK}') == 202
    listed = mailbox.get("/")[0]
    assert "Text message</a>" in listed
    assert "+447700900123" in listed
    page = mailbox.get(f"/mail/{mailbox.store.names()[0]}")[0]
    assert "¿Cómo está?" in page
    assert f'Stop: <a href="{LINK}">' in page
    assert "As HTML" not in page


@pytest.mark.parametrize(("number", "words"), [("", "Hello"), ("+44", ""), ("+44\r\nBcc: x@example.org", "Hello")])
def test_a_text_without_number_or_words_is_refused(mailbox: Mailbox, number: str, words: str) -> None:
    before = mailbox.store.names()
    assert text_to(mailbox, number, words) == 400
    assert mailbox.store.names() == before


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


@pytest.mark.parametrize("path", ["list", "mail", "text"])
def test_the_pages_fit_a_phone_and_pass_axe(mailbox: Mailbox, page: Page, path: str) -> None:
    name = mailbox.send(mail(html="<html lang=en><title>x</title><main><h1>Hello</h1></main></html>"))
    if path == "text":
        text_to(mailbox, "+447700900123", f"Your questionnaire: {LINK}")
        name = mailbox.store.names()[0]
    page.goto(mailbox.url + ("/" if path == "list" else f"/mail/{name}"))
    assert violations(page, iframes=False) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
