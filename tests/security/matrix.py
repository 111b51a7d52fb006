"""Route by method by actor by owner: what each request of the matrix should be answered.

A new route needs a line in ``surveys/access/policy.py``, and here only what its address has that no other has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from surveys.access import policy
from tests.security.world import ACTORS, Ids, World

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
STAFF_ACTORS = {
    "clinician A": "clinician",
    "clinician B": "clinician",
    "coordinator": "coordinator",
    "analyst": "analyst",
    "admin": "admin",
    "registry analyst": "registry_analyst",
}
GRANTED = ("open", "served", "answered")
OWNERS = ("own", "other patient", "other clinic")
# Arguments that name nobody's row, and what to ask for beside the address.
FIXED = {
    "code": "mean-nrs_active",
    "colours": "dark",
    "filename": "app.css",
    "group": "later",
    "instrument": "nrs11",
    "kind": "research",
    "language": "en",
    "position": "1",
    "protocol": "spine",
    "section": "missing",
    "timepoint": "baseline",
}
FIGURES = {
    "behind.people": "survival",
    "behind.show": "responders-1",
    "quality.drawing": "modes",
    "quality.table": "modes",
    "sheet.drawing": "nrs_active",
}
QUERIES: Mapping[str, Mapping[str, str]] = {
    "behind.people": {"group": "operated-treated"},
    "behind.show": {"of": "treated", "at": "w2", "rule": "nrs_active change >= 2"},
}
# They say the same to everybody, whether they did something or not.
ALIKE = frozenset({"accessibility.show", "kiosk.enter", "kiosk.open_visit", "landing.fresh_again"})
BODIES: Mapping[str, Mapping[str, str]] = {"held.settle": {"act": "release"}}  # without it no row is looked for
# Of what nobody of the tests has: a consent that was given, a record that is due, a picture of research.
NOTHING_YET = frozenset({"privacy.take_back", "quality.drawing", "registry.drawing", "retention.yes"})
# What speaks of fewer than five patients is kept from an analyst: the clinic's one statement, the mean of one.
OF_A_HANDFUL = frozenset({"claims.show", "claim_files.paragraphs", "dashboard.drawing"})
# A file belongs to whoever asked for it, which here is the coordinator; administrators answer for everybody's.
OF_THE_ASKER = frozenset({"exports.cancel", "exports.download", "reports.cancel", "reports.download"})
# Not even a colleague's session is found; without an institution its page leads back to the sign-in.
NAMED: Mapping[str, str] = {"account.end_session": "404", "institution.confirm": "answered"}
TOKENS: Mapping[str, str] = {
    "preferences.change": "opt_out",
    "preferences.show": "opt_out",
    "texts.stop": "stop_token",
    "unsubscribe.ask": "opt_out",
    "unsubscribe.stop": "opt_out",
}  # other links than the visit's


@dataclass(frozen=True)
class Case:
    """One request: ``owner`` is seen from the actor; ``found``: whether the address exists for the method."""

    endpoint: str
    rule: Rule
    method: str
    actor: str
    owner: str

    @property
    def ours(self) -> bool:
        """Whether the route takes the method."""
        return self.method in (self.rule.methods or ())

    def path(self, world: World) -> str:
        """The address with the owner's ids in it."""
        ids = _ids_of(world, self.actor, self.owner)
        fixed = FIXED | ({"code": FIGURES[self.endpoint]} if self.endpoint in FIGURES else {})
        values = {name: fixed.get(name) or ids[TOKENS.get(self.endpoint, name)] for name in self.rule.arguments}
        built = self.rule.build(values)
        assert built
        return built[1] + ("?" + urlencode(QUERIES[self.endpoint]) if self.endpoint in QUERIES else "")


def _ids_of(world: World, actor: str, owner: str) -> Ids:
    by_owner = {"own": world.own, "other patient": world.other, "other clinic": world.foreign}
    if actor == "clinician B":
        by_owner = {"own": world.foreign, "other patient": world.own, "other clinic": world.other}
    if actor == "patient B":
        by_owner |= {"own": world.other, "other patient": world.own}
    return by_owner[owner]


def owned(rule: Rule) -> bool:
    """Whether the address names a row of somebody's."""
    return bool(rule.arguments - set(FIXED))


def cases(rules: list[Rule]) -> Iterator[Case]:
    """Every case there is; an address without ids has no owner but the actor."""
    for rule in rules:
        for method in METHODS:
            for actor in ACTORS:
                for owner in OWNERS if owned(rule) else OWNERS[:1]:
                    yield Case(rule.endpoint, rule, method, actor, owner)


def wrong(case: Case, reply: TestResponse) -> str:
    """Return what is wrong with the answer, or nothing."""
    wanted = expected(case)
    return (
        ""
        if matches(wanted, reply)
        else f"{case.method} {case.rule} as {case.actor} ({case.owner}): {wanted}, "
        + (f"got {reply.status_code} {reply.location or ''}")
    )


def expected(case: Case) -> str:
    """Name the answer: 404, 403, sign in, no session, or one of ``GRANTED``."""
    if case.endpoint in policy.OPEN:
        return _of_patients(case)
    if case.actor not in STAFF_ACTORS:
        return "sign in"
    if not policy.allows(STAFF_ACTORS[case.actor], case.endpoint):
        return "403"
    return NAMED.get(case.endpoint) or _of_row(case)


def _of_row(case: Case) -> str:
    foreign = case.owner == "other clinic" or (case.actor == "clinician B" and case.owner != "own")
    if foreign and owned(case.rule):
        return "404"
    if case.endpoint in OF_A_HANDFUL and case.actor == "analyst":
        return "404"
    if case.endpoint in OF_THE_ASKER and case.actor not in ("coordinator", "admin"):
        return "404"
    return "answered" if case.endpoint in NOTHING_YET else "served"


def _of_patients(case: Case) -> str:
    """Site and sign-in serve everybody; a link serves whoever holds it; the rest needs a patient's own session."""
    if case.endpoint in policy.SIGN_IN:
        return "answered"
    if case.endpoint in policy.SITE | policy.PUBLIC | ALIKE:
        return "open"
    holds_one = case.actor.startswith("patient") or "token" in case.rule.arguments
    if holds_one and case.method != "GET":
        return "answered"  # what was sent or withdrawn before takes no more
    return "open" if holds_one else "no session"


def matches(wanted: str, reply: TestResponse) -> bool:
    """Whether a reply is the answer that was named."""
    to_sign_in = reply.status_code == 303 and (reply.location or "").startswith("/login")
    if wanted == "sign in":
        return to_sign_in
    if wanted == "answered":
        return reply.status_code < 500 and reply.status_code != 405  # unknown links are 404, a wrong password 422
    if wanted == "open":
        return reply.status_code < 500 and reply.status_code not in (401, 403, 404, 405)
    if wanted == "no session":
        return reply.status_code in (403, 404)
    if wanted == "served":
        return reply.status_code < 500 and reply.status_code not in (401, 403, 404, 405) and not to_sign_in
    return str(reply.status_code) == wanted
