"""The address of a choice of patients: nothing in it is passed over in silence."""

from __future__ import annotations

from collections.abc import Collection
from typing import NoReturn

from flask import abort, request

from surveys.i18n import gettext as _

# what the addresses of pages with figures carry beside the filters
ALONG = frozenset({"cohort", "rule", "site", "of", "at", "group", "from", "language"})


def check_address(filters: Collection[str], *, alone: bool) -> None:
    """422 with a sentence for a word that is no filter, one that stands twice, or one beside a saved choice.

    ``alone``: the address holds the choice and nothing of another form.
    """
    given = {name: [value for value in request.args.getlist(name) if value] for name in request.args}
    for name, values in given.items():
        if alone and name not in filters and name not in ALONG:
            words = {"name": name[:40], "known": ", ".join(filters)}
            abort(422, _("%(name)s is no filter here. There are: %(known)s.", **words))
        if name in filters and len(set(values)) > 1:
            abort(422, _("%(name)s stands twice, with different values. Leave one out.", name=name))
    beside = [name for name in filters if given.get(name) and name != "protocol"]
    if given.get("cohort") and beside:
        refuse_beside(beside)


def refuse_beside(names: Collection[str]) -> NoReturn:
    """422: these filters stand beside a saved choice."""
    abort(422, _("A saved choice stands alone. Leave it out, or leave out: %(names)s.", names=", ".join(names)))


def first_of(length: int) -> int:
    """Where the part of a list begins that the address asks for; 422 where that is no number."""
    text = request.args.get("from", "").strip() or "0"
    if not (text.isascii() and text.isdigit() and len(text) < len(str(10**9))):
        abort(422, _("A list goes on from a whole number, such as from=50. Change it, or leave it out."))
    return min(int(text), length)
