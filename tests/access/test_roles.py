"""The role the application runs as: powers that it could take on count as its own."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import create_engine

from local import roles
from local.postgres import Postgres
from surveys.access.roles import UnsafeRoleError, refuse_powerful_role

MEMBER = "a_member"


@pytest.mark.parametrize(
    ("group", "power"), [(roles.OWNER, "owner"), ("passes_by", "BYPASSRLS"), ("above_all", "superuser")]
)
def test_a_member_of_a_powerful_role_is_refused(postgres: Postgres, group: str, power: str) -> None:
    with psycopg.connect(postgres.url("postgres", roles.DATABASE), autocommit=True) as connection:
        connection.execute("CREATE ROLE passes_by BYPASSRLS NOLOGIN; CREATE ROLE above_all SUPERUSER NOLOGIN")
        connection.execute(SQL("CREATE ROLE {} NOLOGIN IN ROLE {}").format(Identifier(MEMBER), Identifier(group)))
        connection.execute(SQL("GRANT CONNECT ON DATABASE {} TO {}").format(*map(Identifier, (roles.DATABASE, MEMBER))))
    try:
        refused = _refusal(postgres)
    finally:
        with psycopg.connect(postgres.url("postgres", roles.DATABASE), autocommit=True) as connection:
            connection.execute("DROP OWNED BY a_member; DROP ROLE a_member; DROP ROLE passes_by; DROP ROLE above_all")
    assert f"connects as {MEMBER}, which is {power}:" in refused


def test_the_application_s_own_role_is_let_in(postgres: Postgres) -> None:
    engine = create_engine(postgres.alchemy_url(roles.APP))
    with engine.connect() as connection:
        refuse_powerful_role(connection)
    engine.dispose()


def _refusal(postgres: Postgres) -> str:
    engine = create_engine(postgres.alchemy_url("postgres"))
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SET ROLE {MEMBER}")
        with pytest.raises(UnsafeRoleError) as refusal:
            refuse_powerful_role(connection)
    engine.dispose()
    return str(refusal.value)
