"""What was cancelled before causes were kept: the migration gives it one, though forced row-level security binds it."""

from __future__ import annotations

import psycopg
import pytest

from local import roles
from local.postgres import Postgres
from tests.operations.stage import empty_database, run_flask

pytestmark = pytest.mark.faults
OLD_ROW = (
    "INSERT INTO message (clinic_id, id, visit_id, step, issue, channel, state, due_at, message_id, attempts, fence)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'invitation', 1, 'email', 'cancelled', now(),"
    " '<a@riverside.example>', 0, 0)"
)
PLANNED = OLD_ROW.replace("'cancelled'", "'planned'").replace("<a@", "<b@")


def test_what_was_cancelled_without_a_cause_is_given_one(postgres: Postgres, own_database: dict[str, str]) -> None:
    with empty_database(postgres, "causeless") as name:
        urls = {"DATABASE_URL": postgres.alchemy_url(roles.APP, name)}
        urls["DATABASE_OWNER_URL"] = postgres.alchemy_url(roles.OWNER, name)
        settings = {**own_database, **urls}
        assert run_flask(settings, "db", "upgrade", "0008").returncode == 0
        with psycopg.connect(postgres.url("postgres", name)) as connection:
            connection.execute("SET session_replication_role = replica")  # no clinic and no visit is needed
            connection.execute(OLD_ROW)
        assert run_flask(settings, "db", "upgrade").returncode == 0
        with psycopg.connect(postgres.url("postgres", name)) as connection:
            assert connection.execute("SELECT cause FROM message").fetchall() == [("not_recorded",)]
            left = "SELECT count(*) FROM pg_policies WHERE policyname = 'message_cause'"
            assert connection.execute(left).fetchone() == (0,)
            connection.execute("SET session_replication_role = replica")
            connection.execute(PLANNED)
            connection.execute("ALTER TABLE message ENABLE ALWAYS TRIGGER message_cause")  # keys stay unchecked
            connection.execute("UPDATE message SET state = 'cancelled' WHERE state = 'planned'")  # as before 0008
            assert connection.execute("SELECT DISTINCT cause FROM message").fetchall() == [("not_recorded",)]
