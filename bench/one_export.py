"""One export as a worker makes it, and what it took: ``python -m bench.one_export CLINIC FORMAT SHAPE``."""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

from surveys.commands.jobs import small_app
from surveys.db import app_now, clinic_session
from surveys.exchange.exports.making import make
from surveys.exchange.exports.order import Order
from surveys.exchange.exports.source import Source

PEAK = re.compile(r"^VmHWM:\s+([0-9]+) kB$", re.MULTILINE)  # what getrusage tells began before this program did


def main() -> None:
    """Write the whole archive and print rows, seconds and the peak of resident memory."""
    clinic_id, order = UUID(sys.argv[1]), Order("protocol=spine", sys.argv[3], sys.argv[2])
    app = small_app()
    with tempfile.TemporaryDirectory() as folder, app.test_request_context(), clinic_session(clinic_id) as session:
        now = app_now(session)
        session.rollback()
        begun = time.perf_counter()
        source = Source(session, app.extensions["vault"], clinic_id, order, now, lambda _done, _of: None)
        _path, files = make(source, Path(folder))
        seconds = time.perf_counter() - begun
    peak = PEAK.search(Path("/proc/self/status").read_text())
    resident = 1024 * int(peak[1]) if peak else 0
    print(json.dumps({"rows": sum(file.rows for file in files), "seconds": seconds, "resident": resident}))


if __name__ == "__main__":
    main()
