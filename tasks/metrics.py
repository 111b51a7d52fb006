"""/metrics for Prometheus: what this host's web processes served, and what the database says of the whole service.

No label names a clinic, a patient, an id or an address. Requests are counted across processes only where
PROMETHEUS_MULTIPROC_DIR names a folder that they share.
"""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, g, got_request_exception, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from surveys.config import Config
from tasks.figures import Figures, read_figures

bp = Blueprint("metrics", __name__)
SHARED = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")
LOOPBACK = ("127.0.0.1", "::1")
SCORING = ("/scoring/", "/surveys/answering/scoring_step.py")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})  # any word may be sent as one
KEPT_SECONDS = 5.0  # two scrapers, or ten, ask the database once


class Counts:
    """What a web process counts; made once per process, since each has a name that stands for all."""

    def __init__(self) -> None:
        if folder := os.environ.get(SHARED):
            Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        self.requests = Counter("backstory_requests", "Requests by page and status.", ("endpoint", "method", "status"))
        self.seconds = Histogram("backstory_request_seconds", "Time a page took.", ("endpoint",), buckets=SECONDS)
        self.answers = Counter("backstory_answers_acknowledged", "Answers that patients were told are saved.")
        self.scoring = Counter("backstory_scoring_failures", "Requests that failed while scoring.")


@cache
def counts() -> Counts:
    """Return this process's."""
    return Counts()


@bp.get("/metrics")
def show() -> Response:
    """Answer Prometheus, and nobody else."""
    refuse_strangers()
    registry = CollectorRegistry()
    if os.environ.get(SHARED):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(ServiceCollector(recent_figures()))
    own = b"" if os.environ.get(SHARED) else generate_latest(REGISTRY)
    return Response(own + generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def refuse_strangers() -> None:
    """Let in who has METRICS_TOKEN; without one only this machine, and in production nobody."""
    config: Config = current_app.extensions["backstory"]
    if config.metrics_token:
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {config.metrics_token}".encode()):
            abort(Response("Send the header Authorization: Bearer METRICS_TOKEN.\n", 401, mimetype="text/plain"))
        return
    near = request.remote_addr in LOOPBACK and not any(name in request.headers for name in FORWARDED)
    if config.environment == "production" or not near:
        abort(404)


class ServiceCollector:
    """The database's figures in Prometheus' form; what was never done has no sample."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Yield one family after the other."""
        for name, words, values in self._figures.families():
            family = GaugeMetricFamily(f"backstory_{name}", words, labels=["state"] if "" not in values else [])
            for label, value in values.items():
                family.add_metric([label] if label else [], value)
            yield family


_recent: list[tuple[float, Figures]] = []


def recent_figures() -> Figures:
    """Return figures no older than a few seconds."""
    now = time.monotonic()
    if not _recent or now - _recent[0][0] > KEPT_SECONDS:
        _recent[:] = [(now, read_figures())]
    return _recent[0][1]


def _end(response: Response) -> Response:
    endpoint, tally = request.endpoint or "none", counts()
    method = request.method if request.method in METHODS else "other"
    tally.requests.labels(endpoint, method, response.status_code).inc()
    if "began" in g:  # noted by surveys.logs
        tally.seconds.labels(endpoint).observe(time.perf_counter() - g.began)
    if endpoint == "patient.answer" and response.status_code == 303:
        tally.answers.inc()
    return response


def _failed(_app: Flask, exception: BaseException, **_named: object) -> None:
    trace = exception.__traceback__
    while trace is not None:
        if any(part in trace.tb_frame.f_code.co_filename for part in SCORING):
            counts().scoring.inc()
            return
        trace = trace.tb_next


def register(app: Flask) -> None:
    """Put the page on the application, and count its requests."""
    counts()
    app.register_blueprint(bp)
    app.after_request(_end)
    got_request_exception.connect(_failed, app)
