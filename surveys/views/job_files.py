"""Files that the worker makes: whose they are, and handing one out whole, with its row in the audit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import UUID

from flask import abort
from werkzeug.wrappers import Response

from surveys.access import policy
from surveys.access.chain.audit import record
from surveys.access.keys.encryption import DecryptionError
from surveys.db import db, real_now
from surveys.exchange import jobs
from surveys.i18n import LazyText
from surveys.i18n import gettext as _
from surveys.models import Job
from surveys.outcomes.filter_text import FilterError, parse
from surveys.outcomes.filter_words import words
from surveys.protocols import store as protocol_store
from surveys.protocols.model import Protocol
from surveys.views import found
from surveys.views.guard import Reply, identity

PIECE = 64 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where files of one kind of job lie. ``where``: the page that lists them, by its heading."""

    kind: str
    mimetype: str
    where: LazyText


def listed(shelf: Shelf) -> Sequence[Job]:
    """One's own; an administrator answers for everybody's."""
    who = identity()
    asked_by = None if who.role in policy.ADMIN else who.actor.staff_id
    return jobs.listed(db.session(), who.clinic_id, shelf.kind, asked_by)


def asked(shelf: Shelf, arguments: dict[str, Any], reason: str | None = None) -> None:
    """Put one into the queue and commit; 429 where as many are being made as may be."""
    who, session = identity(), db.session()
    try:
        now = real_now(session)
        jobs.ask(session, who.clinic_id, shelf.kind, arguments, actor=who.actor, now=now, reason=reason)
    except jobs.BusyError:
        abort(429, _("As many files are being made as can be at once. Wait until one is ready, or cancel one."))
    session.commit()


def chosen(filters: str) -> tuple[str, Protocol | None]:
    """Whom a file is of, in words, with the protocol; the text as it is where it is of an older language."""
    try:
        read = parse(filters)
    except FilterError:
        return filters, None
    row = protocol_store.find(db.session(), read.protocol)
    protocol = protocol_store.protocol_of(row) if row else None
    return (words(read, protocol) if protocol else filters), protocol


def subject(filters: str) -> str:
    """The first word of a file's name: the protocol that it is of; the page where the text is of an older language."""
    try:
        return parse(filters).protocol
    except FilterError:
        return "patients"


def problem(job: Job, sentences: Mapping[str, str]) -> str | None:
    """Why a file did not come about, None where it did or still may; ``sentences``: what only this kind can say."""
    if job.state != "failed":
        return None
    unreadable = _("The choice of patients it was asked for can no longer be read. Choose again and ask anew.")
    otherwise = _("Something went wrong on our side. Ask for it again.")
    return {**sentences, "FilterError": unreadable}.get((job.result or {}).get("problem", ""), otherwise)


def own(shelf: Shelf, job_id: UUID) -> Job:
    """One of those; 404 for any other."""
    job = found.own(Job, job_id)
    mine = job.requested_by == identity().actor.staff_id or identity().role in policy.ADMIN
    return job if mine and job.kind == shelf.kind else abort(404)


def state_of(job: Job) -> str:
    """Its state; a file whose time is over is gone, though it may not be deleted yet."""
    over = job.expires_at is not None and job.expires_at <= real_now(db.session())
    return "expired" if job.state == "done" and over else job.state


def cancelled(shelf: Shelf, job_id: UUID) -> None:
    """Stop one that waits or runs; 409 where there is nothing to stop."""
    job, session = own(shelf, job_id), db.session()
    if not jobs.cancel(session, job.id, actor=identity().actor, now=real_now(session)):
        abort(409, _("There is nothing to cancel: the file is made, or has been cancelled."))
    session.commit()


def handed_out(shelf: Shelf, job: Job, name: str) -> Reply:
    """The file, whole and checked against its hash; that it was taken is in the audit before it goes out."""
    session = db.session()
    if state_of(job) != "done":
        _refuse(shelf, job)
    file = _checked(shelf, job)
    what, now = {"sha256": (job.result or {})["sha256"]}, real_now(session)
    record(session, job.clinic_id, identity().actor, f"{shelf.kind}_fetched", ("job", job.id), now=now, new=what)
    session.commit()
    reply = Response(_pieces(file), mimetype=shelf.mimetype, headers={"Content-Length": str(file.tell())})
    reply.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    reply.call_on_close(file.close)
    return reply


def _refuse(shelf: Shelf, job: Job) -> None:
    if job.state in ("done", "expired"):
        again = _(
            "This file was deleted 24 hours after it was made. Ask for it again under %(where)s.", where=shelf.where
        )
        abort(410, again)
    abort(409, _("There is no file here yet, or none came of it. Look under %(where)s.", where=shelf.where))


def _checked(shelf: Shelf, job: Job) -> IO[bytes]:
    """The parts put together on disk: no connection waits for a slow line. Refused where one byte is another."""
    file = TemporaryFile()  # noqa: SIM115 - closed with the response
    digest = sha256()
    with suppress(DecryptionError):
        for content in _parts(job):
            file.write(content)
            digest.update(content)
    if digest.hexdigest() != (job.result or {}).get("sha256"):
        file.close()
        damaged = _("This file is damaged and is not handed out. Ask for it again under %(where)s.", where=shelf.where)
        abort(409, damaged)
    return file


def _parts(job: Job) -> Iterator[bytes]:
    for number in count():
        content = jobs.part(db.session(), found.vault(), job.id, number)
        if content is None:
            return
        yield content


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    with file:
        while piece := file.read(PIECE):
            yield piece
