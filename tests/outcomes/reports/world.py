"""Reports of laid studies, gathered and set without a worker."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.commands.makers import spoken
from surveys.db import clinic_scope, db
from surveys.models import Staff
from surveys.outcomes.reports.content import Content
from surveys.outcomes.reports.making import gather
from surveys.outcomes.reports.order import Order
from tests.factories import MadeClinic
from tests.outcomes.study import LATER

ODI = "odi change >= 10"


def report_of(app: Flask, clinic: MadeClinic, filters: str, rule: str = ODI, **more: Any) -> Content:
    """Everything that a report says, as a worker gathers it; ``more``: of the order."""
    language = more.pop("language", "en")
    with app.app_context(), clinic_scope(clinic.id), Session(db.engine) as session, spoken(language):
        person = session.scalars(select(Staff.id).where(Staff.login == clinic.logins["clinician"])).one()
        return gather(session, Order(filters, rule, str(person), language, **more), _quiet, now=LATER)


def _quiet(_done: int, _of: int) -> None:
    return
