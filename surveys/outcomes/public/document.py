"""The public page as data: the one content that the page shows and the signature covers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from surveys.models import Claim
from surveys.outcomes.public.shown import Shown, speaks_of_few

FORMAT = "backstory-public-1"
SENTENCES = ("statement", "harms", "banner", "methods")


def document(clinic: str, slug: str, shown: Sequence[Shown], *, today: date) -> dict[str, Any]:
    """Everything that stands on the page; ``today``: the day on which it stood so."""
    claims = [_revised(each.claim) if each.revised else _standing(each) for each in shown]
    return {"format": FORMAT, "clinic": clinic, "page": slug, "issued_on": today.isoformat(), "claims": claims}


def _revised(claim: Claim) -> dict[str, Any]:
    """No number stands on what is being revised."""
    return {"number": claim.number, "kind": claim.kind, "title": claim.title, "state": "being_revised"}


def _standing(each: Shown) -> dict[str, Any]:
    claim, specification, result = each.claim, each.specification, each.result
    labels = {arm.code: arm.label for arm in specification.arms}
    spoken = {name: _sentence(each, result[name]) for name in SENTENCES}
    spoken["harms"] = spoken["harms"] if each.harms else None
    notes = [note for note in (_sentence(each, text) for text in result["notes"]) if note]
    complete = {labels[arm]: share for arm, share in result["completeness"].items() if arm not in each.few}
    dates = {"data_as_of": claim.data_as_of, "expires_on": claim.expires_at}
    return {
        "number": claim.number,
        "kind": claim.kind,
        "title": claim.title,
        "state": "signed",
        **spoken,
        "notes": notes,
        "comparison": result["not_randomised"],
        "planned": result["planned"],
        "cohort": specification.cohort_words,
        "timepoint": specification.point.words,
        "window": specification.point.window,
        "completeness": complete,
        "figures": [_figure(each, labels, figure) for figure in result["figures"]],
        "patients": "only those who allowed public figures",
        "result_hash": claim.result_hash,
        "scorer": claim.scorer_version,
        **{name: moment.date().isoformat() for name, moment in dates.items()},
    }


def _sentence(each: Shown, text: str) -> str | None:
    """A sentence of the result, unless it would tell what is hidden."""
    return text if text and each.whole and not speaks_of_few(text) else None


def _figure(each: Shown, labels: dict[str, str], figure: dict[str, Any]) -> dict[str, Any]:
    arm, at = figure["arm"], figure["timepoint"]
    words = {point.code: point.words for point in each.specification.timepoints}
    told = {"arm": labels.get(arm, arm), "timepoint": words.get(at, at)}
    if (arm, at) in each.hidden or arm in each.few:
        return told | {"hidden": True}
    return told | {name: figure[name] for name in ("k", "n", "rate", "low", "high")}
