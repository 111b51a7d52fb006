"""Doing what was asked for: one job after another, one process of each worker at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from uuid import UUID

from celery import shared_task
from sqlalchemy import text

from surveys.access.clinics import every_clinic
from surveys.db import autocommit, clinic_scope, clinic_session, real_now
from surveys.exchange import jobs
from surveys.exchange.work import FRUGAL
from tasks import stopping
from tasks.alone import Alone
from tasks.reminders import application

WAITING = text("SELECT clinic_id FROM clinics_with_jobs() ORDER BY random()")
LONGEST = 3600  # seconds for one task; Celery ends it then, and its process gives the job back
LOOK = 0.5  # seconds between two looks whether the worker is to stop
only_one = Alone().held  # the worker's other processes are there for mail


@shared_task(name="jobs", time_limit=LONGEST)
def work() -> None:
    """Do one job of each clinic that has any, unless another process of this worker is at it."""
    with only_one() as alone, application():
        for clinic_id in clinics_with_jobs() if alone else ():
            if not stopping.asked():
                run_apart(clinic_id)


def run_apart(clinic_id: UUID) -> None:
    """Do one job in a process of its own, which is told when the worker is to stop."""
    command = [sys.executable, "-m", "surveys.commands.jobs", str(clinic_id)]
    with subprocess.Popen(command, env={**os.environ, **FRUGAL}) as child:  # noqa: S603 - ourselves
        while child.poll() is None:
            if stopping.asked():
                child.terminate()
            try:
                child.wait(LOOK)
            except subprocess.TimeoutExpired:
                continue


@shared_task(name="expire_files")
def expire_files() -> None:
    """Delete the files whose time is over, in every clinic."""
    with application():
        for clinic_id in every_clinic():
            with clinic_session(clinic_id) as session:
                jobs.expire(session, clinic_id, now=real_now(session))
                session.commit()


def clinics_with_jobs() -> list[UUID]:
    """The clinics whose jobs wait or have lost their worker."""
    with clinic_scope(None), autocommit() as connection:
        return list(connection.scalars(WAITING))
