"""One export as a worker makes it, and what it took: ``python -m bench.one_export CLINIC FORMAT``."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

from surveys.application import create_app
from surveys.db import app_now, clinic_session
from surveys.exchange.exports.making import make
from surveys.exchange.exports.order import Order
from surveys.exchange.exports.reading import Source
from tasks import celery_app  # a worker has it loaded

KILOBYTE = 1024  # Linux tells the peak in these


def main() -> None:
    """Write the whole archive and print rows, seconds and the peak of resident memory."""
    clinic_id, order = UUID(sys.argv[1]), Order("protocol=spine", "long", sys.argv[2])
    app = create_app()
    with tempfile.TemporaryDirectory() as folder, app.test_request_context(), clinic_session(clinic_id) as session:
        now = app_now(session)
        session.rollback()
        begun = time.perf_counter()
        source = Source(session, app.extensions["vault"], clinic_id, order, now, lambda _done, _of: None)
        _path, files = make(source, Path(folder))
        seconds = time.perf_counter() - begun
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILOBYTE
    print(json.dumps({"rows": sum(file.rows for file in files), "seconds": seconds, "resident": resident}))


if __name__ == "__main__":
    assert celery_app
    main()
