"""What a protocol asks and a statement can therefore be of."""

from __future__ import annotations

from collections.abc import Sequence

from scoring.instrument import find_instrument
from scoring.responder import Rule
from surveys.i18n import gettext as _
from surveys.outcomes.claims.found import ClaimError, Kind
from surveys.outcomes.claims.specification import DOSE, GOAL
from surveys.outcomes.opioids import factors_used
from surveys.protocols.model import Protocol, Timepoint

OPIOIDS = ("any_opioid", "daily_opioid")  # either item tells whether one is taken
Scales = tuple[tuple[str, str | None], ...]


def asked_scales(protocol: Protocol) -> tuple[str, ...]:
    """Every scale that the protocol's answers give and that has a better end."""
    answered = {(entry.instrument, entry.items) for point in protocol.timepoints for entry in point.battery}
    found = [
        scale
        for instrument, items in sorted(answered)
        for scale in find_instrument(instrument).scales
        if scale.direction != "none" and _asked(instrument, scale.code, items)
    ]
    return tuple(dict.fromkeys(scale.code for scale in found))


def asked_at(point: Timepoint, codes: Sequence[str]) -> tuple[str, ...]:
    """Those of the scales that are asked for at a timepoint; what staff write down can be had at any."""
    given = {
        scale.code
        for entry in point.battery
        for scale in find_instrument(entry.instrument).scales
        if _asked(entry.instrument, scale.code, entry.items)
    }
    return tuple(code for code in codes if code in given or code in (GOAL, DOSE))


def _asked(instrument: str, scale: str, items: tuple[str, ...]) -> bool:
    """Whether the items that are asked give a scale, where each item is a scale of its own."""
    if instrument == "events":
        return scale in items
    return instrument != "nrs11" or scale.removeprefix("nrs_") in items


def scales_of(protocol: Protocol, chosen: Sequence[str], kind: Kind, rule: Rule | None) -> Scales:
    """What a kind reads: its rule's scale, its own, or those that were chosen; raises ClaimError where none fits."""
    if rule is not None:
        return ((rule.scale, rule.value_set),)
    asked = asked_scales(protocol)
    if "opioids" in kind.asks:
        return (*_keyed(protocol, _first(asked, OPIOIDS)), (DOSE, factors_used()))
    if kind.scales:
        missing = [code for code in kind.scales if code not in (*asked, GOAL)]
        if missing:
            raise _not_asked(missing, asked)
        return _keyed(protocol, kind.scales)
    if unknown := [code for code in chosen if code not in asked]:
        raise _not_asked(unknown, asked)
    if not chosen:
        raise ClaimError(_("Choose what was measured: %(scales)s.", scales=", ".join(asked)))
    return _keyed(protocol, chosen[:1] if "scale" in kind.asks else chosen)


def _not_asked(codes: Sequence[str], asked: Sequence[str]) -> ClaimError:
    told = {"codes": ", ".join(codes), "asked": ", ".join(asked)}
    return ClaimError(_("This protocol does not ask for %(codes)s. It asks for: %(asked)s.", **told))


def _first(asked: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code for code in wanted if code in asked)[:1]


def _keyed(protocol: Protocol, codes: Sequence[str]) -> Scales:
    """Each scale once; an index with the protocol's value set."""
    needs = {code: protocol.value_set if code == "eq5d3l_index" else None for code in codes}
    return tuple(needs.items())
