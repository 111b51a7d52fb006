"""Who may use which page: the one table that decides. An endpoint that stands in none of its parts serves nobody.

Every route of the application is listed here, by its endpoint. Row-level security decides whose rows a person sees.
"""

from __future__ import annotations

from collections.abc import Mapping

CARE = frozenset({"clinician", "coordinator"})  # they see names
DESK = CARE | {"admin"}
READERS = DESK | {"analyst"}

# Reached without signing in as staff: probes, the sign-in itself, and pages that a patient's link or session opens.
OPEN = frozenset({"static", "icon"})

STAFF: Mapping[str, frozenset[str]] = {
    "acts.add_endpoint": CARE,
    "acts.add_treatment": CARE,
    "acts.correct_index_date": CARE,
    "acts.end": CARE,
    "acts.resend": CARE,
    "acts.revoke": CARE,
    "acts.settle": CARE,
    "behind.show": CARE,
    "dashboard.drawing": READERS,
    "dashboard.show": READERS,
    "dashboard.table": READERS,
    "desk.show_code": CARE,
    "desk.today": DESK,
    "details.episode_form": CARE,
    "details.form": CARE,
    "details.open_episode": CARE,
    "details.save": CARE,
    "details.withdraw_consent": CARE,
    "enrolment.form": CARE,
    "enrolment.save": CARE,
    "entry.change": CARE,
    "entry.choose": CARE,
    "entry.save": CARE,
    "entry.show": CARE,
    "imports.apply": CARE,
    "imports.form": CARE,
    "imports.look": CARE,
    "imports.rest": CARE,
    "patients.index": DESK,
    "patients.show": CARE,
}


def allows(role: str, endpoint: str | None) -> bool:
    """Return whether staff with the role may use the endpoint."""
    return role in STAFF.get(endpoint or "", frozenset())
