"""A schema that goes back and forth: no row is left that the older one refuses, and no index that serves nothing."""

from __future__ import annotations

import psycopg
import pytest

from local import roles
from local.postgres import Postgres
from tests.operations.stage import run_flask

pytestmark = pytest.mark.faults
BY_TEXT = (
    "INSERT INTO message (clinic_id, id, visit_id, step, issue, channel, state, due_at, message_id, attempts, fence)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'invitation', 1, 'sms', 'planned', now(),"
    " '<a@riverside.example>', 0, 0)"
)
ALLOWED = (
    "INSERT INTO consent (clinic_id, id, patient_id, kind, version, text_hash, language, given_at)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'contact_sms', '1', '', 'en', now())"
)
UNFINISHED = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_message_message_id'::regclass"
UNUSABLE = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"


@pytest.fixture
def database(postgres: Postgres, own_database: dict[str, str]) -> str:
    """The own database's name."""
    assert postgres
    return own_database["DATABASE_URL"].rpartition("/")[2]


@pytest.fixture
def owned(postgres: Postgres, own_database: dict[str, str], database: str) -> dict[str, str]:
    """The settings of whoever migrates it."""
    return {**own_database, "DATABASE_OWNER_URL": postgres.alchemy_url(roles.OWNER, database)}


def test_what_goes_by_text_is_left_to_staff_where_no_texts_are_known(
    postgres: Postgres, owned: dict[str, str], database: str
) -> None:
    with psycopg.connect(postgres.url("postgres", database)) as connection:
        connection.execute("SET session_replication_role = replica")  # no clinic and no visit is needed
        connection.execute(BY_TEXT)
        connection.execute(ALLOWED)
    done = run_flask(owned, "db", "downgrade", "0007")
    assert done.returncode == 0, done.stderr
    with psycopg.connect(postgres.url("postgres", database)) as connection:
        assert connection.execute("SELECT channel FROM message").fetchall() == [("staff",)]
        assert connection.execute("SELECT count(*) FROM consent").fetchone() == (0,)
        left = "SELECT count(*) FROM pg_policies WHERE policyname LIKE '%migration'"
        assert connection.execute(left).fetchone() == (0,)


def test_an_index_that_a_try_cut_short_left_is_built_anew(
    postgres: Postgres, owned: dict[str, str], database: str
) -> None:
    assert run_flask(owned, "db", "downgrade", "0008").returncode == 0
    with psycopg.connect(postgres.url("postgres", database)) as connection:
        connection.execute("CREATE INDEX ix_message_message_id ON message (clinic_id, message_id)")
        connection.execute(UNFINISHED)
    done = run_flask(owned, "db", "upgrade")
    assert done.returncode == 0, done.stderr
    with psycopg.connect(postgres.url("postgres", database)) as connection:
        assert connection.execute(UNUSABLE).fetchall() == []
        made = "SELECT count(*) FROM pg_class WHERE relname = 'ix_message_message_id'"
        assert connection.execute(made).fetchone() == (1,)
