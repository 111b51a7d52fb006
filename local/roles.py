"""The roles of design decision 6, none of them a superuser, and the database between them."""

from collections.abc import Mapping
from typing import TypeAlias

import psycopg
from psycopg.sql import SQL, Composable, Identifier, Literal

OWNER = "backstory_owner"
APP = "backstory_app"
BACKUP = "backstory_backup"  # reads every clinic's rows, for `flask backup` alone; it may write nothing
DATABASE = "backstory"

Connection: TypeAlias = psycopg.Connection[tuple[object, ...]]


def ensure(connection: Connection, passwords: Mapping[str, str]) -> None:
    """Create roles and database where missing; the connection is a superuser's, in autocommit.

    ``passwords``: by role, all three of them.
    """
    for role in (OWNER, APP, BACKUP):
        _ensure_role(connection, role, passwords[role])
    connection.execute(SQL("GRANT pg_read_all_data TO {}").format(Identifier(BACKUP)))
    if not _exists(connection, "SELECT FROM pg_database WHERE datname = %s", DATABASE):
        create_database(connection, DATABASE)
    entering = SQL("GRANT CONNECT ON DATABASE {} TO {}")  # a database from before there were backups
    connection.execute(entering.format(Identifier(DATABASE), Identifier(BACKUP)))


def create_database(connection: Connection, name: str, template: str = "template0") -> None:
    """Create a database that the owner role owns and the application role may enter."""
    statements = (
        "CREATE DATABASE {name} OWNER {owner} TEMPLATE {template}",
        "REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {name} TO {app}, {backup}",
    )
    names: dict[str, Composable] = {
        "name": Identifier(name),
        "owner": Identifier(OWNER),
        "app": Identifier(APP),
        "backup": Identifier(BACKUP),
        "template": Identifier(template),
    }
    for statement in statements:
        connection.execute(SQL(statement).format(**names))


def _ensure_role(connection: Connection, role: str, password: str) -> None:
    verb = "ALTER" if _exists(connection, "SELECT FROM pg_roles WHERE rolname = %s", role) else "CREATE"
    bound = SQL("BYPASSRLS" if role == BACKUP else "NOBYPASSRLS")
    rights = SQL("LOGIN NOSUPERUSER {} NOCREATEDB NOCREATEROLE PASSWORD {}").format(bound, Literal(password))
    connection.execute(SQL(verb) + SQL(" ROLE {} ").format(Identifier(role)) + rights)


def _exists(connection: Connection, query: str, name: str) -> bool:
    return connection.execute(query.encode(), (name,)).fetchone() is not None
