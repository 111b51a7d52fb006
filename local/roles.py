"""The two roles of design decision 6, neither of them a superuser, and the database between them."""

from typing import TypeAlias

import psycopg
from psycopg.sql import SQL, Composable, Identifier, Literal

OWNER = "backstory_owner"
APP = "backstory_app"
DATABASE = "backstory"

Connection: TypeAlias = psycopg.Connection[tuple[object, ...]]


def ensure(connection: Connection, owner_password: str, app_password: str) -> None:
    """Create roles and database where missing; the connection is a superuser's, in autocommit."""
    for role, password in ((OWNER, owner_password), (APP, app_password)):
        _ensure_role(connection, role, password)
    if not _exists(connection, "SELECT FROM pg_database WHERE datname = %s", DATABASE):
        create_database(connection, DATABASE)


def create_database(connection: Connection, name: str, template: str = "template0") -> None:
    """Create a database that the owner role owns and the application role may enter."""
    statements = (
        "CREATE DATABASE {name} OWNER {owner} TEMPLATE {template}",
        "REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {name} TO {app}",
    )
    names: dict[str, Composable] = {
        "name": Identifier(name),
        "owner": Identifier(OWNER),
        "app": Identifier(APP),
        "template": Identifier(template),
    }
    for statement in statements:
        connection.execute(SQL(statement).format(**names))


def _ensure_role(connection: Connection, role: str, password: str) -> None:
    verb = "ALTER" if _exists(connection, "SELECT FROM pg_roles WHERE rolname = %s", role) else "CREATE"
    rights = SQL("LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD {}").format(Literal(password))
    connection.execute(SQL(verb) + SQL(" ROLE {} ").format(Identifier(role)) + rights)


def _exists(connection: Connection, query: str, name: str) -> bool:
    return connection.execute(query.encode(), (name,)).fetchone() is not None
