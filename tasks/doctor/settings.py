"""Settings: addresses, secrets, wording, the modes of files that hold secrets."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from surveys.secret_files import IN_FILES
from surveys.secret_strength import weakness
from surveys.wordings import in_use, packs
from tasks.doctor.finding import Finding, bad, ok, warn
from tasks.doctor.sending import settings

OTHERS = stat.S_IRWXG | stat.S_IRWXO
MAKE_ONE = 'Make one: python -c "import secrets; print(secrets.token_hex(32))"'


def check_settings() -> Iterator[Finding]:
    """Look at what the environment says; values are never printed."""
    config = settings()
    strict = bad if config.environment == "production" else warn
    https = urlsplit(config.public_base_url).scheme == "https"
    remedy = "Let a proxy end TLS, and set PUBLIC_BASE_URL to its https:// address."
    yield ok("address", "is https") if https else strict("address", "is http: links in mail carry a secret", remedy)
    if https and not config.trusted_proxies:
        remedy = "Set TRUSTED_PROXIES=1 where one proxy of yours stands before the application."
        yield warn("proxy", "none is trusted: throttling would see one address for everybody", remedy)
    if config.debug:
        yield strict("debug", "is on", "Unset FLASK_DEBUG.")
    yield from _secrets()
    yield from _files()


def _secrets() -> Iterator[Finding]:
    config = settings()
    strict = bad if config.environment == "production" else warn
    keys = {f"master key {number}": key.hex() for number, key in config.keys.keys.items()}
    given = {"SECRET_KEY": config.secret_key, **keys, "METRICS_TOKEN": config.metrics_token}
    weak = [f"{name} {trouble}" for name, value in given.items() if value and (trouble := weakness(value))]
    yield strict("secrets", "; ".join(weak), MAKE_ONE) if weak else ok("secrets", "none is short or guessable")


def _files() -> Iterator[Finding]:
    """A file that a setting names, which more than its owner may read."""
    paths = [Path(os.environ[f"{name}_FILE"]) for name in IN_FILES if os.environ.get(f"{name}_FILE")]
    # a container's secrets lie on a file system of their own, where everybody in the container may read them
    exposed = [path for path in paths if path.exists() and path.stat().st_mode & OTHERS and not _is_container(path)]
    for path in exposed:
        yield warn("file", f"{path} can be read by others", f"Run: chmod 600 {path}")


def _is_container(path: Path) -> bool:
    return path.is_relative_to("/run/secrets")


def check_wording() -> Iterator[Finding]:
    """Look for questionnaires that need a licence and have none."""
    unlicensed = packs.without_licence(in_use().values())
    if not unlicensed:
        yield ok("wording", f"{len(in_use())} texts, each licensed or free")
        return
    config = settings()
    strict = bad if config.environment == "production" and not config.working_wording_allowed else warn
    words = f"{len(unlicensed)} of {len(in_use())} texts are working wording: {', '.join(unlicensed[:4])}"
    remedy = 'Install licensed packs: flask --app wsgi wording install PACK --licence-ref REF --attested-by "WHO, ROLE"'
    yield strict("wording", words + (" ..." if len(unlicensed) > 4 else ""), remedy)
