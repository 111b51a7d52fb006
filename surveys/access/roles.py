"""The role the application runs as, checked before it serves anyone."""

from __future__ import annotations

from sqlalchemy import Connection, text

# Of the role itself and of every role it belongs to: it may take on their powers at any time.
POWERS = """
SELECT current_user AS name, bool_or(rolsuper) AS superuser, bool_or(rolbypassrls) AS bypass,
       EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'
               AND c.relkind IN ('r', 'p') AND pg_has_role(current_user, c.relowner, 'MEMBER')) AS owner
FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER')
"""


class UnsafeRoleError(Exception):
    """The database role could read across clinics; the text says which power it must lose."""


def refuse_powerful_role(connection: Connection) -> None:
    """Raise UnsafeRoleError for a superuser, BYPASSRLS or owning role, or a member of one: nothing would bind it."""
    row = connection.execute(text(POWERS)).one()
    has = {"superuser": row.superuser, "BYPASSRLS": row.bypass, "owner": row.owner and not row.superuser}
    powers = [word for word, held in has.items() if held]
    if powers:
        raise UnsafeRoleError(
            f"DATABASE_URL connects as {row.name}, which is {' and '.join(powers)}: it would see every clinic."
            " Use the application role (backstory_app); only migrations use DATABASE_OWNER_URL."
        )
