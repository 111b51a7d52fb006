"""Relays on loopback that take everything: in C where a compiler is there, else in Python."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCE = Path(__file__).parent / "floors" / "smtp.c"
PYTHON = (sys.executable, "-m", "bench.floors.smtp_sink")


def compiled(folder: Path) -> Path | None:
    """Return the floor's program, or None where no C compiler is to be had."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    program = folder / "smtp"
    if compiler is None:
        return None
    done = subprocess.run([compiler, "-O2", "-o", program, SOURCE], check=False, capture_output=True, text=True)
    return program if done.returncode == 0 else None


@contextmanager
def sink(program: Path | None, *, pipelining: bool) -> Iterator[int]:
    """Yield the port of a sink in a process of its own."""
    begun = [*(PYTHON if program is None else (str(program), "sink")), *(["pipelining"] if pipelining else [])]
    with subprocess.Popen(begun, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield int(child.stdout.readline())
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(10)
