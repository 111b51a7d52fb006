"""The embedded PostgreSQL and its roles."""

import psycopg
import pytest

from local import roles
from local.postgres import Postgres

RIGHTS = "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = %s"


@pytest.mark.parametrize("role", [roles.OWNER, roles.APP])
def test_roles_log_in_and_have_no_power_over_row_security(bare_postgres: Postgres, role: str) -> None:
    with psycopg.connect(bare_postgres.url(role)) as connection:
        assert connection.execute(RIGHTS, (role,)).fetchone() == (True, False, False, False, False)


def test_the_backup_role_reads_every_row_and_can_do_nothing_else(bare_postgres: Postgres) -> None:
    with psycopg.connect(bare_postgres.url(roles.BACKUP)) as connection:
        assert connection.execute(RIGHTS, (roles.BACKUP,)).fetchone() == (True, False, True, False, False)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE probe ()")


def test_only_the_owner_role_may_create_tables(bare_postgres: Postgres) -> None:
    with psycopg.connect(bare_postgres.url(roles.OWNER)) as connection:
        connection.execute("CREATE TABLE probe ()")
        connection.rollback()
    with (
        psycopg.connect(bare_postgres.url(roles.APP)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("CREATE TABLE probe ()")


def test_the_server_speaks_utf8_and_utc(bare_postgres: Postgres) -> None:
    query = "SELECT current_setting('server_encoding'), current_setting('timezone')"
    with psycopg.connect(bare_postgres.url()) as connection:
        assert connection.execute(query).fetchone() == ("UTF8", "UTC")


def test_a_second_start_reuses_the_running_server(bare_postgres: Postgres) -> None:
    port = bare_postgres.port()
    bare_postgres.start()
    assert bare_postgres.port() == port
