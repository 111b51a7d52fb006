"""What is told of an adverse event beside its day and severity: what it was, whether serious, whether related."""

from __future__ import annotations

from typing import Any

KINDS = (
    "pain_flare",
    "infection",
    "bleeding_or_haematoma",
    "nerve_symptoms",
    "headache_or_dural_leak",
    "allergic_reaction",
    "thromboembolism",
    "harvest_site_pain",
    "other_event",
)
RELATEDNESS = ("unrelated", "possible", "probable", "definite")  # to the treatment, as the clinician judges it
RELATED = RELATEDNESS[1:]


def adverse_details(event: str, serious: str, related: str) -> dict[str, Any]:
    """What was told, as codes; what was not is left out, so that not told is never no.

    ``serious``: "yes" or "no". Serious means death, danger to life, a stay in hospital or its prolonging, or lasting
    harm (ICH E2A), which is not the same as severe.
    """
    told: dict[str, Any] = {"event": event, "related": related}
    if serious:
        told["serious"] = serious == "yes"
    return {name: value for name, value in told.items() if value != ""}
