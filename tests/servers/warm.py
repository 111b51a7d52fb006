"""Our commands in processes of their own that need not load libraries and the application: most of a start's time.

One process for each that runs tests loads them once and forks for each command. What a test gets is what
``subprocess.run`` would give: a real process under its own environment, its status and its words.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def _starter() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.servers.warm_start"]
    child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    atexit.register(_end, child)
    return child


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.communicate()


def run(
    arguments: Sequence[str], environ: Mapping[str, str] = os.environ, *, given: str = "", seconds: float = 180
) -> subprocess.CompletedProcess[str]:
    """Run ``python ARGUMENTS`` (``-m MODULE …`` or ``-c CODE``) and return how it ended.

    ``given``: its standard input. Raises subprocess.TimeoutExpired, after which the process is gone.
    """
    with tempfile.TemporaryDirectory(prefix="backstory-test-") as name:
        files = {each: Path(name) / each for each in ("stdin", "stdout", "stderr")}
        for file in files.values():
            file.write_text(given if file.name == "stdin" else "", encoding="utf-8")
        paths = {each: str(file) for each, file in files.items()}
        status = _ask({"arguments": list(arguments), "environ": dict(environ), **paths}, seconds)
        words = [files[each].read_text(encoding="utf-8") for each in ("stdout", "stderr")]
        return subprocess.CompletedProcess(list(arguments), status, *words)


def _ask(request: Mapping[str, object], seconds: float) -> int:
    starter = _starter()
    if starter.stdin is None or starter.stdout is None:
        raise AssertionError("the starter has no pipes")
    starter.stdin.write(json.dumps(request).encode() + b"\n")
    pid = int(starter.stdout.readline())  # unbuffered: what follows is left in the pipe for select
    if not select.select([starter.stdout], [], [], seconds)[0]:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        starter.stdout.readline()
        raise subprocess.TimeoutExpired(str(request["arguments"]), seconds)
    return int(starter.stdout.readline())
