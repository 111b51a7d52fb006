"""One patient's whole walk with faults in it, and what has to hold afterwards: 0 lost, 0 doubled."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import func, select

from surveys.answering.battery import screens_of
from surveys.models import Answer, AuditEvent, Clinic, Consent, Patient, ScreenUse, Visit
from surveys.protocols.loading import bundled_protocols
from tests.browser.person import AFTER, BEFORE, BORN, Act, Person
from tests.browser.tab import KEPT, stored, tab_of
from tests.faults.counting import FULL, Fault
from tests.faults.cutting import Line
from tests.patients import Invited, invite, seen_by

PROTOCOL = "spine" if FULL else "case_series"  # 28 items; 3
SAMPLE = 3  # steps at the quick size


def invite_with_year(app: Flask) -> Invited:
    """Invite a patient whose clinic asks for the year of birth."""
    invited = invite(app, protocol=PROTOCOL)
    with seen_by(app, invited.clinic_id) as session:
        session.get_one(Clinic, invited.clinic_id).birth_year_check = True
        session.get_one(Patient, invited.patient_id).birth_year = BORN
        session.commit()
    return invited


@dataclass
class Case:
    """Who answers, over which line, and what is noted of it."""

    app: Flask
    invited: Invited
    line: Line
    fault: Fault
    scripts: bool

    def __post_init__(self) -> None:
        screens = screens_of(bundled_protocols()[PROTOCOL], "baseline")
        self.items = {f"/s/{each.instrument}/{each.position}": each.item.code for each in screens}
        given = [min(each.item.maximum, each.item.minimum + each.number % 5) for each in screens]
        self.levels = dict(zip(self.items, given, strict=True))

    def steps(self) -> list[str]:
        """Every step of the flow; some of them at the quick size."""
        every = [*BEFORE, *self.items, *AFTER]
        return every if FULL else self.fault.chance.sample(every, SAMPLE)

    def person(self, browser: Browser, running: ExitStack) -> Person:
        """Return the patient with a phone in hand."""
        base = f"http://localhost:{self.line.port}"
        tab = running.enter_context(tab_of(browser, base, scripts=self.scripts))
        return Person(f"{base}/q/{self.invited.token}", self.levels, tab)

    def is_walked(self, person: Person, act: Act, *, in_one_browser: bool = True) -> None:
        """Let the patient go from the link to the end, with the act at each step; then look at what is left."""
        end = person.walks(dict.fromkeys(self.steps(), self._looking(act)))
        rows = stored(self.app, self.invited)
        told = {self.items[path] for path in self.line.told if path in self.items}
        self.fault.count(told=len(told), rows=len(rows))
        assert rows == [(item, self.levels[path]) for path, item in self.items.items()]
        assert self._counts() == (1, 1, len(rows))
        assert person.tab.page.evaluate(KEPT) == 0
        if in_one_browser and end == "over":  # the link, after the thanks were lost: this browser may still see them
            person.tab.page.goto(f"{person.tab.base}/s/done")
            end = person.sees()
        assert end == "thanks" or not in_one_browser

    def _looking(self, act: Act) -> Act:
        """After each act, every answer of which a browser was told that it is saved stands in the database."""

        def looked(person: Person, page: str) -> None:
            act(person, page)
            told = {self.items[path] for path in list(self.line.told)}
            assert told <= {item for item, _level in stored(self.app, self.invited)}, page

        return looked

    def _counts(self) -> tuple[int | None, ...]:
        """Submissions, permissions to take part, and notes of how a screen was used."""
        sent = select(func.count()).where(AuditEvent.action == "submitted")
        agreed = select(func.count()).where(Consent.kind == "participation")
        used = select(func.count()).select_from(ScreenUse).join(Answer, Answer.id == ScreenUse.answer_id)
        with seen_by(self.app, self.invited.clinic_id) as session:
            assert session.get_one(Visit, self.invited.visit_id).submitted_at is not None
            return tuple(session.scalar(each) for each in (sent, agreed, used))
