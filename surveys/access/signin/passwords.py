"""Staff passwords: argon2id, 12 to 128 characters, no composition rules, none that attackers try first."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from surveys.access.signin.common_passwords import is_common
from surveys.i18n import gettext as _

SHORTEST, LONGEST = 12, 128
_hasher = PasswordHasher()
# Of a random text that nobody kept, with the parameters of today: an unknown login takes as long as a known one. Making
# it anew at each start would cost every command and worker a sixth of a second.
DECOY = "$argon2id$v=19$m=65536,t=3,p=4$dHT4+k6B/cMCbHgIWZi4XQ$QIH7nwEX6nWuZvtO2su43zIKpSCFfgdaX+8ZrudFhA0"


class PasswordError(ValueError):
    """A new password cannot be used; the text says why."""


def hash_password(password: str, *own: str) -> str:
    """Return the argon2id hash; raises PasswordError with what to do instead.

    ``own``: the person's sign-in name and name, which are no secret.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        wanted = {"shortest": SHORTEST, "longest": LONGEST, "here": len(password)}
        raise PasswordError(
            _("A password has %(shortest)s to %(longest)s characters; this one has %(here)s.", **wanted)
        )
    if password.casefold() in {text.casefold() for text in own}:
        raise PasswordError(_("A password must not be your own name. Choose another one."))
    if is_common(password):
        raise PasswordError(_("This password is on the lists that attackers try first. Choose another one."))
    return _hasher.hash(password.encode("utf-8", "surrogatepass"))


def verify(password_hash: str | None, password: str) -> bool:
    """Return whether the password fits; takes the same time where there is no account (None).

    One that is too long fits nowhere: cut short, it would pass for the password it begins with.
    """
    known = password_hash if len(password) <= LONGEST else None
    typed = password[:LONGEST].encode("utf-8", "surrogatepass")
    try:
        return _hasher.verify(known or DECOY, typed) and known is not None
    except (VerificationError, InvalidHashError):
        return False
