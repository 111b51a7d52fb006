"""S26: a backup is restored by one command, which proves counts, chain, decryption and login, and holds messages."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask

from local import roles
from local.postgres import Postgres
from surveys.access.chain.audit import SYSTEM
from surveys.access.signin.invitations import invite, issue_link
from surveys.db import clinic_session, real_now
from tests.operations.stage import application_on, backup_url, count, empty_database, newest_backup, run_flask
from tests.servers import database
from tests.tasks.enrolled import enrol

PATIENTS = 3
PENDING = "state IN ('planned', 'claimed', 'sending')"


@dataclass(frozen=True)
class Copied:
    """A database with patients, and a sealed backup of it."""

    settings: dict[str, str]
    database: str
    folder: Path


@pytest.fixture(scope="module")
def kept(postgres: Postgres, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copied]:
    """One for all tests here: none changes the database, and each has the backup's files for itself."""
    folder = tmp_path_factory.mktemp("kept")
    with database.fresh_database(postgres) as name:
        settings = environment | {"DATABASE_URL": postgres.alchemy_url(roles.APP, name)}
        settings |= {**backup_url(postgres, settings), "BACKUP_KEY": secrets.token_hex(32)}
        with application_on(settings) as app:
            _fill(app)
        assert run_flask(settings, "audit", "seal").returncode == 0
        done = run_flask(settings, "backup", str(folder))
        assert done.returncode == 0, done.stderr
        yield Copied(settings, name, newest_backup(folder))


@pytest.fixture
def copied(kept: Copied, tmp_path: Path) -> Copied:
    return replace(kept, folder=Path(shutil.copytree(kept.folder, tmp_path / kept.folder.name)))


def _fill(app: Flask) -> None:
    """Enrol patients in clinics of their own, and invite somebody into one."""
    clinics = [enrol().clinic_id for _ in range(PATIENTS)]
    with clinic_session(clinics[0]) as session:
        vault, now = app.extensions["vault"], real_now(session)
        person = invite(
            session, vault, clinics[0], name="Ana", email="ana@x.example", role="analyst", actor=SYSTEM, now=now
        )
        issue_link(session, person, "invitation", now=now)
        session.commit()


def test_s26_the_drill_proves_a_backup_and_leaves_nothing(copied: Copied) -> None:
    done = run_flask(copied.settings, "restore", str(copied.folder), "--drill")
    assert done.returncode == 0, done.stdout + done.stderr
    for words in (
        "counts are equal",
        "the audit chain of every clinic holds",
        f"of {PATIENTS} patients open",
        "signing in works in 3 clinics",
    ):
        assert words in done.stdout
    assert "the throw-away database is gone" in done.stdout


def test_s26_restored_pending_messages_are_held_and_sessions_ended(postgres: Postgres, copied: Copied) -> None:
    pending = count(postgres, copied.database, "message", PENDING)
    with empty_database(postgres, "restored") as name:
        target = {
            **copied.settings,
            "DATABASE_URL": postgres.alchemy_url(roles.APP, name),
            "DATABASE_OWNER_URL": postgres.alchemy_url(roles.OWNER, name),
        }
        done = run_flask(target, "restore", str(copied.folder))
        assert done.returncode == 0, done.stdout + done.stderr
        assert count(postgres, name, "message", PENDING) == 0
        assert count(postgres, name, "message", "state = 'held'") == pending > 0
        assert count(postgres, name, "staff_session", "revoked_at IS NULL") == 0
        assert count(postgres, name, "staff_mail", "state = 'cancelled'") == 1
        assert count(postgres, name, "staff_link", "revoked_at IS NULL") == 0
        assert count(postgres, name, "patient") == count(postgres, copied.database, "patient") == PATIENTS
        assert count(postgres, name, "audit_event", "action = 'backup_restored'") == PATIENTS
        assert "Before anybody works, do again:" in done.stdout
        assert "erasures, from the newest list" in done.stdout
        again = run_flask(target, "restore", str(copied.folder))
        assert again.returncode == 1
        assert "is not empty" in again.stderr


def test_s26_a_restore_beside_what_the_application_uses_proves_nothing(postgres: Postgres, copied: Copied) -> None:
    with empty_database(postgres, "beside") as name:
        target = {**copied.settings, "DATABASE_OWNER_URL": postgres.alchemy_url(roles.OWNER, name)}
        done = run_flask(target, "restore", str(copied.folder))
        assert done.returncode == 1
        assert "DATABASE_URL names another database" in done.stderr
        assert "signing in works" not in done.stdout


def test_s26_a_changed_backup_is_refused(copied: Copied) -> None:
    data = copied.folder / "database.dump.sealed"
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    done = run_flask(copied.settings, "restore", str(copied.folder), "--drill")
    assert done.returncode == 1
    assert "is not as it was written" in done.stderr


def test_s26_a_changed_manifest_is_refused(copied: Copied) -> None:
    path = copied.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["facts"]["counts"]["patient"] = 1
    path.write_text(json.dumps(manifest))
    done = run_flask(copied.settings, "restore", str(copied.folder), "--drill")
    assert done.returncode == 1
    assert "the backup was changed" in done.stderr


def test_s26_a_backup_that_somebody_put_there_unsealed_is_refused(copied: Copied) -> None:
    path = copied.folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "sealed": False, "code": ""}))
    done = run_flask(copied.settings, "restore", str(copied.folder), "--drill")
    assert done.returncode == 1
    assert "is not sealed, so nothing says who made it" in done.stderr


def test_s26_the_wrong_master_key_is_found_out(copied: Copied) -> None:
    stranger = {**copied.settings, "MASTER_KEY": secrets.token_hex(32)}
    done = run_flask(stranger, "restore", str(copied.folder), "--drill")
    assert done.returncode == 1
    assert "a backup holds no keys" in done.stderr


def test_s26_no_key_and_no_name_is_in_a_backup(copied: Copied) -> None:
    content = b"".join(path.read_bytes() for path in copied.folder.iterdir())
    for secret in (copied.settings["MASTER_KEY"], copied.settings["BACKUP_KEY"], "Ruiz"):
        assert secret.encode() not in content


def test_a_role_bound_by_row_security_takes_no_backup(own_database: dict[str, str], tmp_path: Path) -> None:
    settings = {**own_database, "BACKUP_DATABASE_URL": own_database["DATABASE_URL"]}
    done = run_flask(settings, "backup", str(tmp_path))
    assert done.returncode == 1
    assert "BYPASSRLS" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_its_setting_a_backup_says_what_to_set(own_database: dict[str, str], tmp_path: Path) -> None:
    done = run_flask(own_database, "backup", str(tmp_path))
    assert done.returncode == 2
    assert "BACKUP_DATABASE_URL is not set" in done.stderr
