"""``flask privacy``: what it writes, what it prints, and what it says where it cannot."""

from __future__ import annotations

import json
import re
from pathlib import Path

from click.testing import Result
from flask import Flask

from surveys.models import Clinic
from surveys.privacy.document import document
from tests.patients import invite, seen_by
from tests.privacy.test_retention import quiet, say_yes


def run(app: Flask, *words: str) -> Result:
    with app.app_context():
        return app.test_cli_runner().invoke(args=["privacy", *words])


def code_of(app: Flask, clinic_id: object) -> str:
    with seen_by(app, clinic_id) as session:  # type: ignore[arg-type]
        return session.get_one(Clinic, clinic_id).code


def test_a_person_is_exported_to_a_file_that_only_its_owner_reads(app: Flask, tmp_path: Path) -> None:
    invited = invite(app)
    clinic, out = code_of(app, invited.clinic_id), tmp_path / "person.json"
    out.touch(mode=0o644)
    done = run(app, "export", "1", "--clinic", clinic, "--out", str(out))
    assert done.exit_code == 0, done.output
    assert json.loads(out.read_text())["patient_number"] == 1
    assert out.stat().st_mode & 0o077 == 0
    assert run(app, "export", "1", "--clinic", clinic, "--out", str(tmp_path / "person.zip")).exit_code == 0


def test_an_unknown_clinic_number_or_folder_is_named_with_the_way_out(app: Flask, tmp_path: Path) -> None:
    clinic = code_of(app, invite(app).clinic_id)
    for words, told in (
        (("1", "--clinic", "nowhere", "--out", str(tmp_path / "x.zip")), "There is no clinic 'nowhere'"),
        (("7", "--clinic", clinic, "--out", str(tmp_path / "x.zip")), "has no patient 7"),
        (("1", "--clinic", clinic, "--out", str(tmp_path / "none" / "x.zip")), "cannot be written"),
    ):
        done = run(app, "export", *words)
        assert done.exit_code == 2
        assert told in done.output


def test_retention_counts_first_and_erases_with_apply(app: Flask, tmp_path: Path) -> None:
    invited = quiet(app, 0)
    clinic = code_of(app, invited.clinic_id)
    assert run(app, "retention", "--clinic", clinic).output == (
        f"{clinic}: 1 due, 0 within 30 days, 0 within 90 days; 0 may be erased with --apply\n"
    )
    assert run(app, "erasures", "--out", str(tmp_path / "erased.csv")).exit_code == 0
    assert clinic not in (tmp_path / "erased.csv").read_text()
    say_yes(app, invited)
    assert "1 may be erased" in run(app, "retention", "--clinic", clinic).output
    assert "erased 1" in run(app, "retention", "--clinic", clinic, "--apply").output
    assert "erased 0" in run(app, "retention", "--clinic", clinic, "--apply").output
    assert "erasures are in" in run(app, "erasures", "--out", str(tmp_path / "erased.csv")).output
    listed = (tmp_path / "erased.csv").read_text()
    assert len(re.findall(rf"^{clinic},1,[-0-9T:.+]+,retention,no$", listed, re.MULTILINE)) == 1
    assert run(app, "erasures", "--out", str(tmp_path / "none" / "x.csv")).exit_code == 2


def test_the_map_is_printed_as_the_repository_keeps_it(app: Flask) -> None:
    assert run(app, "map").output == document()
