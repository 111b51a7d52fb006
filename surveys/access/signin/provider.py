"""The institution that staff may sign in with: four settings that belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


class InstitutionError(ValueError):
    """The settings of the provider cannot work; the text says which and how to mend it."""


@dataclass(frozen=True)
class Institution:
    """An OpenID Connect provider that staff may sign in with. ``issuer`` as the provider writes it."""

    issuer: str
    client_id: str
    client_secret: str
    name: str


def read_institution(environ: Mapping[str, str]) -> Institution | None:
    """Read the four settings of OpenID Connect, which belong together; plain http is for a machine's own loopback.

    Raises InstitutionError.
    """
    values = {name: environ.get(f"OIDC_{name}", "") for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")}
    if not any(values.values()):
        return None
    if missing := [name for name, value in values.items() if not value]:
        raise InstitutionError(
            f"OIDC_{missing[0]} is not set; OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET go together."
        )
    address = urlsplit(values["ISSUER"])
    if address.scheme != "https" and address.hostname not in ("localhost", "127.0.0.1"):
        raise InstitutionError("OIDC_ISSUER must start with https://, since it decides who may come in.")
    name = environ.get("OIDC_NAME") or address.hostname or values["ISSUER"]
    return Institution(values["ISSUER"], values["CLIENT_ID"], values["CLIENT_SECRET"], name)
