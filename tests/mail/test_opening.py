"""TLS is what was asked for or nothing; a password goes only where nobody reads along."""

from __future__ import annotations

import base64
import ssl
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from local.ports import LOOPBACK
from surveys.config import ConfigError, read_config
from surveys.outbox import Outcome
from tasks.mail import Relay, RelayAddress, RelayUnreachableError, relay_address
from tests.mail.test_conversation import SHORT, SOON, outgoing
from tests.servers.certificates import authority, server_context
from tests.servers.scripted_relay import PIPELINING, Script, ScriptedRelay, scripted_relay

TLS = ("STARTTLS", *PIPELINING)


@dataclass(frozen=True)
class Papers:
    """A trusted file, a good certificate, and one for another host."""

    trusted: Path
    good: ssl.SSLContext
    foreign: ssl.SSLContext


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    folder = tmp_path_factory.mktemp("certificates")
    trusted, _certificate, key = authority(folder)
    return Papers(trusted, server_context(folder, key, LOOPBACK), server_context(folder, key, "elsewhere.example"))


def door(server: ScriptedRelay, scheme: str, papers: Papers | None, user: str = "", password: str = "") -> Relay:
    ca_file = papers.trusted if papers else None
    host = str(server.server_address[0])
    return Relay(RelayAddress(scheme, host, server.port, user, password, ca_file), SHORT)


def sent(relay: Relay) -> Outcome:
    try:
        return relay.send(outgoing(1), deadline=time.monotonic() + SOON).outcome
    finally:
        relay.close()


def test_starttls_encrypts_before_any_mail_and_asks_again_what_is_offered(papers: Papers) -> None:
    with scripted_relay(Script(offers=TLS, context=papers.good)) as server:
        assert sent(door(server, "smtp+starttls", papers)) is Outcome.ACCEPTED
    assert [verb.split()[0] for verb in server.verbs[:4]] == ["EHLO", "STARTTLS", "EHLO", "MAIL"]
    assert not any(b"MAIL" in chunk for chunk in server.chunks[:2])


def test_tls_from_the_first_byte(papers: Papers) -> None:
    with scripted_relay(Script(context=papers.good, wrapped=True)) as server:
        relay = door(server, "smtps", papers)
        assert relay.greet()
        assert sent(relay) is Outcome.ACCEPTED


@pytest.mark.parametrize("answers", [{}, {"STARTTLS": "454 4.7.0 not now"}])
def test_mail_never_falls_back_to_plain(papers: Papers, answers: dict[str, str]) -> None:
    offers = TLS if answers else PIPELINING
    with scripted_relay(Script(answers, offers, papers.good)) as server:
        with pytest.raises(RelayUnreachableError, match="STARTTLS"):
            sent(door(server, "smtp+starttls", papers))
        assert not any(verb.startswith("MAIL") for verb in server.verbs)


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
@pytest.mark.parametrize("wrong", ["nobody trusted", "another host"])
def test_a_certificate_that_is_not_trusted_ends_it(papers: Papers, scheme: str, wrong: str) -> None:
    context = papers.good if wrong == "nobody trusted" else papers.foreign
    script = Script(offers=TLS, context=context, wrapped=scheme == "smtps")
    with scripted_relay(script) as server:
        with pytest.raises(RelayUnreachableError, match="certificate is not trusted"):
            sent(door(server, scheme, None if wrong == "nobody trusted" else papers))
        assert not any(verb.startswith("MAIL") for verb in server.verbs)


def test_words_slipped_in_before_tls_are_not_believed(papers: Papers) -> None:
    with scripted_relay(Script({"STARTTLS": "220 go on\r\n250 injected"}, TLS, papers.good)) as server:
        relay = door(server, "smtp+starttls", papers)
        with pytest.raises(RelayUnreachableError, match="the line broke"):
            sent(relay)


@pytest.mark.parametrize("way", ["PLAIN", "LOGIN"])
def test_it_signs_in_as_the_relay_asks(papers: Papers, way: str) -> None:
    script = Script(offers=(f"AUTH {way}", *PIPELINING), context=papers.good, wrapped=True)
    with scripted_relay(script) as server:
        assert sent(door(server, "smtps", papers, "clinic@host", "pä:ss/word")) is Outcome.ACCEPTED
    said = " ".join(server.verbs)
    secrets = ["\0clinic@host\0pä:ss/word"] if way == "PLAIN" else ["clinic@host", "pä:ss/word"]
    assert all(base64.b64encode(secret.encode()).decode() in said for secret in secrets)


@pytest.mark.parametrize(("offers", "words"), [(("AUTH PLAIN",), "AUTH: 535 5.7.8"), ((), "offers neither")])
def test_a_relay_that_does_not_sign_us_in_is_unreachable(offers: tuple[str, ...], words: str) -> None:
    with scripted_relay(Script({"AUTH": "535 5.7.8 wrong"}, offers)) as server:
        relay = door(server, "smtp", None, "clinic", "secret")
        with pytest.raises(RelayUnreachableError, match=words):
            sent(relay)


def test_a_password_goes_over_no_open_line_to_another_machine() -> None:
    with scripted_relay(Script(offers=("AUTH PLAIN",)), host="127.0.0.2") as server:
        with pytest.raises(RelayUnreachableError, match="not sent unencrypted"):
            sent(door(server, "smtp", None, "clinic", "secret"))
        assert not any(verb.startswith("AUTH") for verb in server.verbs)


def test_the_address_is_read_from_the_settings(environment: dict[str, str], papers: Papers) -> None:
    url = "smtp+starttls://clinic%40host:p%3Ass%2F@relay.example"
    config = read_config({**environment, "SMTP_URL": url, "SMTP_CA_FILE": str(papers.trusted)})
    found = relay_address(config)
    assert (found.scheme, found.host, found.port) == ("smtp+starttls", "relay.example", 587)
    assert (found.user, found.password, found.ca_file) == ("clinic@host", "p:ss/", papers.trusted)
    assert "p:ss/" not in repr(found)
    assert relay_address(replace(config, smtp_url="smtps://relay.example")).port == 465


@pytest.mark.parametrize(
    ("name", "value"), [("SMTP_URL", "http://relay.example"), ("SMTP_CA_FILE", "/nowhere/authority.pem")]
)
def test_settings_that_cannot_work_are_refused_with_a_sentence(
    environment: dict[str, str], name: str, value: str
) -> None:
    with pytest.raises(ConfigError, match=name):
        read_config({**environment, name: value})
