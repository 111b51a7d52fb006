"""Past answers from a file: long and wide, a report by line, scored at once, and nothing changes the second time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import count
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from surveys.access.chain.audit import SYSTEM
from surveys.db import clinic_session
from surveys.models import Answer, AuditEvent, Clinic, Response, Score, Visit
from surveys.pathway.episodes import EpisodeDetails, TreatmentDetails, open_episode, plan_treatment, settle_treatment
from surveys.people.patients import PatientDetails, add_patient
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from tests.factories import MadeClinic, make_clinic
from tests.page_forms import forms_of
from tests.staff_browser import SITE, signed_in

ADDRESS = "/patients/import-answers"
ENROLLED = datetime(2024, 1, 5, 10, 0, tzinfo=UTC)
_charts = count(1)
