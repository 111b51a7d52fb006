"""Signing in at the institution by OpenID Connect: the one door to Authlib, joserfc and requests.

Authorization code with PKCE, state and nonce. The provider is asked anew each time where its pages and keys are.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from surveys.access.signin.provider import Institution
from surveys.i18n import gettext as _

TIMEOUT = 5  # seconds for each word of the provider
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]  # signed by the provider's own key; never "none", never our secret
CLOCKS = 60  # seconds that its clock may be off
RECENT = timedelta(minutes=2)  # between its asking the person and our hearing of it


class InstitutionError(Exception):
    """The institution's sign-in did not work. ``code``: HTTP status; the text says what to do."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Asked:
    """What the browser's session remembers between leaving and coming back."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Vouched:
    """Whom the provider vouches for. ``asked_at``: when it asked for the password, or None where it does not say."""

    subject: str
    asked_at: datetime | None


def begin(institution: Institution, come_back: str, *, afresh: bool = False) -> tuple[str, Asked]:
    """Return the provider's address to lead to; ``afresh``: it must ask for the password even of who is known."""
    asked = Asked(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))
    page = _endpoint(_discovered(institution), "authorization_endpoint")
    extra = {"prompt": "login", "max_age": "0"} if afresh else {}
    url, _state = _client(institution, come_back).create_authorization_url(
        page, state=asked.state, nonce=asked.nonce, code_verifier=asked.verifier, **extra
    )
    return str(url), asked


def finish(
    institution: Institution,
    come_back: str,
    asked: Asked,
    answer: Mapping[str, str],
    *,
    now: datetime,
    afresh: bool = False,
) -> Vouched:
    """Return whom the provider vouches for, or raise InstitutionError."""
    if not secrets.compare_digest(answer.get("state", "").encode(), asked.state.encode()):
        raise InstitutionError(400, _("This sign-in was not begun in this browser. Begin again."))
    if "code" not in answer:
        raise InstitutionError(403, _("The institution did not let you in. Begin again, or ask its help desk."))
    found = _discovered(institution)
    token = _id_token(institution, come_back, asked, answer["code"], _endpoint(found, "token_endpoint"))
    claims = _verified(institution, token, _keys(_endpoint(found, "jwks_uri")), now)
    _check_own(institution, claims, asked, now, afresh=afresh)
    return Vouched(str(claims["sub"]), _asked_at(claims, now))


def _id_token(institution: Institution, come_back: str, asked: Asked, code: str, endpoint: str) -> str:
    client = _client(institution, come_back)
    try:
        reply = client.fetch_token(
            endpoint, grant_type="authorization_code", code=code, code_verifier=asked.verifier, timeout=TIMEOUT
        )
    except requests.RequestException as error:
        raise _away() from error
    except Exception as error:  # whatever Authlib makes of an answer that is none
        raise _not_accepted() from error
    token = reply.get("id_token") if isinstance(reply, Mapping) else None
    if not isinstance(token, str):
        raise _not_accepted()
    return token


def _verified(institution: Institution, token: str, keys: KeySet, now: datetime) -> dict[str, Any]:
    rules = jwt.JWTClaimsRegistry(
        now=lambda: int(now.timestamp()),
        leeway=CLOCKS,
        iss={"essential": True, "value": institution.issuer},
        aud={"essential": True, "value": institution.client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        rules.validate(claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise _not_accepted() from error
    return claims


def _check_own(institution: Institution, claims: dict[str, Any], asked: Asked, now: datetime, *, afresh: bool) -> None:
    """Hold nonce, authorised party and, where the password was to be asked for, its time against what we asked."""
    subject, audience = claims["sub"], claims["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    party = claims.get("azp", None if several else institution.client_id)
    nonce = str(claims.get("nonce", "")).encode()
    fits = secrets.compare_digest(nonce, asked.nonce.encode()) and party == institution.client_id
    if not fits or not isinstance(subject, str) or not 1 <= len(subject) <= 255:
        raise _not_accepted()
    at = claims.get("auth_time")
    if afresh and not (isinstance(at, (int, float)) and at >= (now - RECENT).timestamp() - CLOCKS):
        raise InstitutionError(403, _("The institution did not ask for your password again. Sign out and in anew."))


def _asked_at(claims: dict[str, Any], now: datetime) -> datetime | None:
    """Return the time at which the password was asked for, never later than now."""
    at = claims.get("auth_time")
    try:
        return min(datetime.fromtimestamp(at, UTC), now) if isinstance(at, (int, float)) else None
    except (OverflowError, ValueError, OSError):
        return None


def _discovered(institution: Institution) -> Mapping[str, Any]:
    found = _read(f"{institution.issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != institution.issuer:
        raise _away()
    return found


def _endpoint(found: Mapping[str, Any], name: str) -> str:
    address = found.get(name)
    if not isinstance(address, str) or not address.startswith(("https://", "http://")):
        raise _away()
    return address


def _keys(address: str) -> KeySet:
    try:
        return KeySet.import_key_set(_read(address))  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise _away() from error


def _read(address: str) -> dict[str, Any]:
    try:
        reply = requests.get(address, timeout=TIMEOUT, allow_redirects=False)
        reply.raise_for_status()
        read = reply.json()
    except (requests.RequestException, ValueError) as error:
        raise _away() from error
    if not isinstance(read, dict):
        raise _away()
    return read


def _client(institution: Institution, come_back: str) -> Any:
    return OAuth2Session(
        institution.client_id,
        institution.client_secret,
        scope="openid",
        redirect_uri=come_back,
        code_challenge_method="S256",
    )


def _away() -> InstitutionError:
    return InstitutionError(503, _("The institution's sign-in does not answer now. Wait a few minutes and try again."))


def _not_accepted() -> InstitutionError:
    return InstitutionError(403, _("The institution's answer could not be accepted. Begin again."))
