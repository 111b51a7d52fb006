"""A million messages due at the same moment (T15): a claim stays as small as its batch, and patients answer as before.

The quick run looks at what a claim reads; the full one at how long claims and answers take.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from urllib.parse import urlsplit

import pytest

from surveys import outbox
from surveys.access.links import issue_link
from surveys.db import app_now, clinic_session
from surveys.models import Visit
from tasks.pace import MOST
from tests.faults.counting import FULL, Fault
from tests.faults.crowd import count_states, crowd, overheard, plan_of
from tests.faults.patient_over_http import StubbornPatient
from tests.faults.service import DueClinic, Service, due_clinic
from tests.servers.processes import ROOT, web_process

pytestmark = pytest.mark.faults
DUE = 1_000_000 if FULL else 60_000
BATCH = MOST
CLAIMS = 10
ANSWERS = 600
SMALL = 3  # times the batch: what a node of the plan may meet
CLAIM_P99, SLOWER = 100.0, 1.5  # milliseconds; answering's p95 against idle


@pytest.fixture(scope="module")
def crowded(module_service: Service) -> DueClinic:
    """A clinic with all of them, and half as many that are due another day."""
    clinic = due_clinic(1)
    crowd(module_service, clinic, DUE)
    return clinic


def test_t15_a_claim_meets_no_more_rows_than_its_batch(crowded: DueClinic, record_fault: Fault) -> None:
    """However many are due, and however many other workers have in their hands."""
    record_fault.inject("due at once", DUE)
    record_fault.inject("in other workers' hands", CLAIMS * BATCH)
    with clinic_session(crowded.id) as session:
        for _ in range(CLAIMS - 1):
            outbox.claim(session, BATCH, now=app_now(session))
        with overheard() as heard:
            outbox.claim(session, BATCH, now=app_now(session))
        (claim,) = [each for each in heard if "UPDATE message" in each[0]]
        nodes = [node for node in plan_of(session, *claim) if node.get("Relation Name") == "message"]
    met = max((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in nodes)
    record_fault.count(rows_met_by_a_claim=met)
    assert "ix_message_due" in {node.get("Index Name") for node in nodes}
    assert {node["Node Type"] for node in nodes} & {"Seq Scan"} == set()
    assert met <= SMALL * BATCH


def test_t15_claim_after_claim_takes_each_message_once(crowded: DueClinic, record_fault: Fault) -> None:
    record_fault.inject("claims", CLAIMS)
    with clinic_session(crowded.id) as session:
        before = count_states(session)["planned"]
        taken = [mine for _ in range(CLAIMS) for mine in outbox.claim(session, BATCH, now=app_now(session))]
        after = count_states(session)
        session.rollback()
    record_fault.count(claimed=len(taken), distinct=len({mine.id for mine in taken}))
    assert len({mine.id for mine in taken}) == len(taken) == CLAIMS * BATCH == after["claimed"]
    assert after["planned"] == before - CLAIMS * BATCH


@contextmanager
def claiming(service: Service, clinic: DueClinic) -> Iterator[list[float]]:
    """Claim in a process of its own during the block; the milliseconds are there after it."""
    spent: list[float] = []
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.claimer", str(clinic.id)],
        cwd=ROOT,
        env={**service.settings, "PATH": ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        child.stdout.readline()  # the first claim is done, and was slow
        yield spent
    finally:
        told, _ = child.communicate("\n", timeout=60)
        spent.extend(float(line) for line in told.split())
        assert child.returncode == 0


def answering(service: Service, clinic: DueClinic) -> list[float]:
    """Answer over HTTP; return how many milliseconds each answer took, opening its page included."""
    with clinic_session(clinic.id) as session:
        visit = session.get_one(Visit, clinic.messages()[0].visit_id)
        token = issue_link(session, visit, now=app_now(session))
        session.commit()
    port = urlsplit(service.settings["PUBLIC_BASE_URL"]).port or 0
    patient = StubbornPatient(port, token, service.settings["SECRET_KEY"], Random(1))  # noqa: S311
    patient.start()
    spent = []
    for _ in range(ANSWERS):
        begun = time.perf_counter()
        patient.answer(1)
        spent.append(1000 * (time.perf_counter() - begun))
    assert patient.resent == 0
    return spent


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


if FULL:

    def test_t15_claims_are_quick_and_patients_answer_as_before(
        module_service: Service, crowded: DueClinic, record_fault: Fault
    ) -> None:
        service = module_service
        patient = due_clinic(1)
        with web_process(service.settings, service.folder / "web.log"):
            answering(service, patient)  # templates are compiled, statements prepared
            idle = answering(service, patient)
            with claiming(service, crowded) as claims:
                busy = answering(service, patient)
        slower = percentile(busy, 0.95) / percentile(idle, 0.95)
        record_fault.inject("due at once", DUE)
        record_fault.inject("claims", len(claims))
        record_fault.count(claim_p99_ms=percentile(claims, 0.99), answering_p95_over_idle=slower)
        assert percentile(claims, 0.99) < CLAIM_P99
        assert slower <= SLOWER
