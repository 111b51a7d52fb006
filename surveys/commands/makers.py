"""Who does the work of each kind of job. What a maker needs is loaded when there is such a job, and not before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from flask import current_app

from surveys.exchange.work import Made, Work
from surveys.i18n import force_language

Maker = Callable[[Work], Made]


class UnknownKindError(Exception):
    """No maker does jobs of this kind."""


@contextmanager
def spoken(language: str) -> Iterator[None]:
    """Texts in a language; translations are looked up for a request."""
    with current_app.test_request_context(), force_language(language):
        yield


def make_export(work: Work) -> Made:
    """An archive for analysts, in English whoever asked for it."""
    from surveys.exchange.exports.making import make  # noqa: PLC0415
    from surveys.exchange.exports.order import order_of  # noqa: PLC0415
    from surveys.exchange.exports.source import Source  # noqa: PLC0415

    with spoken("en"):
        order = order_of(work.arguments)
        source = Source(work.session, work.vault, work.clinic_id, order, work.now, work.progress)
        path, files = make(source, work.folder)
    return Made(path, {"rows": files[0].rows, "files": {file.name: file.rows for file in files}})


def make_report(work: Work) -> Made:
    """A PDF for reading and printing, in the language of whoever asked for it."""
    from surveys.outcomes.reports.making import make  # noqa: PLC0415
    from surveys.outcomes.reports.order import order_of  # noqa: PLC0415

    order = order_of(work.arguments)
    with spoken(order.language):
        path, facts = make(work.session, order, work.folder, work.progress, now=work.now)
    return Made(path, facts)


MAKERS: Mapping[str, Maker] = {"export": make_export, "report": make_report}


def maker_of(kind: str) -> Maker:
    """The maker of jobs of this kind. Raises UnknownKindError."""
    if kind not in MAKERS:
        raise UnknownKindError(kind)
    return MAKERS[kind]
