"""The role the application runs as, checked before it serves anyone."""

from __future__ import annotations

from sqlalchemy import Connection, text


class UnsafeRoleError(Exception):
    """The database role could read across clinics; the text says which power it must lose."""


def refuse_powerful_role(connection: Connection) -> None:
    """Raise UnsafeRoleError for a superuser, BYPASSRLS or owning role: row-level security would not bind it."""
    row = connection.execute(
        text(
            "SELECT current_user AS name, rolsuper, rolbypassrls, EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON"
            " n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relowner = r.oid) AS owns"
            " FROM pg_roles r WHERE rolname = current_user"
        )
    ).one()
    powers = [
        word for word, has in (("superuser", row.rolsuper), ("BYPASSRLS", row.rolbypassrls), ("owner", row.owns)) if has
    ]
    if powers:
        raise UnsafeRoleError(
            f"DATABASE_URL connects as {row.name}, which is {' and '.join(powers)}: it would see every clinic."
            " Use the application role (backstory_app); only migrations use DATABASE_OWNER_URL."
        )
