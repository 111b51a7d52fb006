"""The commands about protocols, run as an administrator runs them."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from surveys.access.chain.audit import SYSTEM
from surveys.access.keys.encryption import Vault
from surveys.answering.responses import open_response
from surveys.db import app_now, clinic_session
from surveys.enrolment.enrolment import Enrolment, enrol
from surveys.models import Clinic, Episode, ProtocolVersion, Visit
from surveys.pathway.episodes import (
    EpisodeDetails,
    EpisodeError,
    TreatmentDetails,
    move_to_protocol,
    plan_treatment,
    settle_treatment,
)
from surveys.people.patients import PatientDetails
from surveys.protocols import store as protocol_store
from surveys.protocols.loading import bundled_protocols
from tests.factories import BEGINNING, make_clinic
from tests.patients import invite

SOURCE = bundled_protocols()["spine"].source
VERSION = bundled_protocols()["spine"].version


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    """The exit code and all output of ``protocol ARGUMENTS``."""
    result = app.test_cli_runner().invoke(args=["protocol", *arguments])
    return result.exit_code, result.output


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "spine.toml"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def newer(file: Path) -> Path:
    """The same protocol as its next version."""
    file.write_text(SOURCE.replace(f"version = {VERSION}\n", f"version = {VERSION + 1}\n", 1), encoding="utf-8")
    return file


def enrolled(app: Flask) -> UUID:
    """A clinic with one running episode under the bundled version."""
    with app.app_context():
        made = make_clinic()
        vault: Vault = app.extensions["vault"]
        details = PatientDetails("C-1", "Ana", "Ortega", None, None, None, 1970, "en", "Europe/London", "none")
        episode = EpisodeDetails("treated", "facet", BEGINNING.date())
        with clinic_session(made.id) as session:
            protocol_store.load(session, made.id, SOURCE, "spine.toml", now=BEGINNING)
            clinic = session.get_one(Clinic, made.id)
            wish = Enrolment(details, frozenset(), "spine", episode)
            enrol(session, vault, clinic, wish, actor=SYSTEM, now=app_now(session))
            session.commit()
    return made.id


def version_followed(app: Flask, clinic_id: UUID) -> int:
    with app.app_context(), clinic_session(clinic_id) as session:
        wanted = select(ProtocolVersion.version).join(Episode, Episode.protocol_id == ProtocolVersion.id)
        return session.scalars(wanted).one()


def test_a_file_that_can_work_is_ok(app: Flask, file: Path) -> None:
    assert run(app, "check", str(file)) == (0, "ok\n")


def test_a_file_that_cannot_work_is_one_sentence(app: Flask, file: Path) -> None:
    file.write_text(SOURCE.replace('index = "', 'index = "un', 1), encoding="utf-8")
    code, output = run(app, "check", str(file))
    assert code == 1
    assert "spine.toml" in output
    assert "index" in output
    assert "Traceback" not in output


def test_a_consent_that_was_never_written_is_refused(app: Flask, file: Path) -> None:
    file.write_text(SOURCE.replace('consent_version = "1"', 'consent_version = "7"'), encoding="utf-8")
    status, words = run(app, "check", str(file))
    assert status == 1
    assert "consent_version: there is no consent of version '7'" in words


def test_an_unknown_clinic_is_refused(app: Flask, file: Path) -> None:
    code, output = run(app, "load", str(file), "--clinic-id", str(uuid4()))
    assert code == 1
    assert "There is no clinic" in output


def test_another_text_under_a_loaded_version_is_refused(app: Flask, file: Path) -> None:
    with app.app_context():
        clinic = str(make_clinic().id)
    assert run(app, "load", str(file), "--clinic-id", clinic)[0] == 0
    file.write_text(SOURCE + "# changed\n", encoding="utf-8")
    code, output = run(app, "load", str(file), "--clinic-id", clinic)
    assert code == 1
    assert "raise the version" in output


def test_episodes_move_to_the_newest_version_and_a_dry_run_moves_none(app: Flask, file: Path) -> None:
    clinic = enrolled(app)
    assert run(app, "load", str(newer(file)), "--clinic-id", str(clinic))[0] == 0
    code, output = run(app, "migrate", "spine", "--clinic-id", str(clinic), "--dry-run")
    assert code == 0
    assert "1 episodes" in output
    assert version_followed(app, clinic) == VERSION
    assert run(app, "migrate", "spine", "--clinic-id", str(clinic))[0] == 0
    assert version_followed(app, clinic) == VERSION + 1
    assert "0 episodes" in run(app, "migrate", "spine", "--clinic-id", str(clinic))[1]


def without(file: Path, old: str) -> Path:
    """The next version, which lacks something."""
    text = newer(file).read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, "", 1), encoding="utf-8")
    return file


def test_an_episode_keeps_its_version_where_the_newest_lacks_one_of_its_timepoints(app: Flask, file: Path) -> None:
    clinic = enrolled(app)
    with app.app_context(), clinic_session(clinic) as session:
        episode, now = session.scalars(select(Episode)).one(), app_now(session)
        own, given = session.get_one(Clinic, clinic), TreatmentDetails(BEGINNING.date(), "prp")
        treatment = plan_treatment(session, own, episode, given, actor=SYSTEM, now=now)
        settle_treatment(session, own, treatment, "done", actor=SYSTEM, now=now)
        session.commit()
    last = SOURCE[SOURCE.rindex("[[timepoints]]") :]
    assert run(app, "load", str(without(file, last)), "--clinic-id", str(clinic))[0] == 0
    status, said = run(app, "migrate", "spine", "--clinic-id", str(clinic))
    assert status == 0
    assert "kept, the newest version has no timepoint y6: 1" in said
    assert version_followed(app, clinic) == VERSION


def test_an_episode_keeps_its_version_where_the_newest_does_not_ask_what_was_begun(app: Flask, file: Path) -> None:
    invited = invite(app)
    with app.app_context(), clinic_session(invited.clinic_id) as session:
        visit, now = session.get_one(Visit, invited.visit_id), app_now(session)
        open_response(session, visit, "functionality", mode="self", language="en", wording_hash="x", now=now)
        session.commit()
    clinic = str(invited.clinic_id)
    assert run(app, "load", str(without(file, '  { instrument = "functionality" },\n')), "--clinic-id", clinic)[0] == 0
    said = run(app, "migrate", "spine", "--clinic-id", clinic)[1]
    assert "kept, the newest version has no functionality as it was asked at baseline: 1" in said
    with app.app_context(), clinic_session(invited.clinic_id) as session:
        target, episode = protocol_store.find(session, "spine"), session.scalars(select(Episode)).one()
        assert target is not None
        with pytest.raises(EpisodeError, match="has no functionality"):
            move_to_protocol(
                session, session.get_one(Clinic, invited.clinic_id), episode, target, actor=SYSTEM, now=now
            )
