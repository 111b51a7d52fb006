"""A statement's parts as a form has them: short texts that a person can correct, and the way back."""

from collections.abc import Mapping
from dataclasses import replace

from scoring.claim_check.measures import SHOWN, named
from scoring.claim_check.reading import LONGEST, numbers_of, shares_of, threshold_of, times_of, understand
from scoring.claim_check.statement import Statement

PARTS = (
    *("shares", "sizes", "measures", "threshold", "times", "window"),
    *("arms", "randomised", "interval", "missing", "anchor"),
)
YES_NO: Mapping[str, bool | None] = {"yes": True, "no": False}
MOST = 1_000_000  # people


def parts_of(statement: Statement) -> dict[str, str]:
    """The parts as texts; empty where the statement says nothing."""
    ends, said = statement.interval, statement.randomised
    return {
        "shares": "; ".join(share.text for share in statement.shares),
        "sizes": ", ".join(map(str, statement.sizes)),
        "measures": ", ".join(SHOWN[code] for code in statement.measures),
        "threshold": statement.threshold.text if statement.threshold else "",
        "times": ", ".join(time.text for time in statement.times),
        "window": statement.window,
        "arms": statement.arms,
        "randomised": "" if said is None else "yes" if said else "no",
        "interval": f"{ends[0]}–{ends[1]}" if ends else "",
        "missing": statement.missing,
        "anchor": statement.anchor,
    }


def statement_of(text: str, parts: Mapping[str, str]) -> Statement:
    """The statement that the corrected parts make; only changes such as ``46.1 → 29.9`` are read from the sentence."""
    given = {name: " ".join(parts.get(name, "")[:LONGEST].split()) for name in PARTS}
    ends = numbers_of(given["interval"])
    return replace(
        understand(text),
        shares=shares_of(given["shares"]),
        sizes=tuple(int(each) for each in numbers_of(given["sizes"]) if 0 < each <= MOST),
        measures=named(given["measures"]),
        threshold=threshold_of(given["threshold"]),
        times=times_of(given["times"]),
        window=given["window"],
        arms=given["arms"],
        randomised=YES_NO.get(given["randomised"]),
        interval=(ends[0], ends[1]) if len(ends) > 1 else None,
        missing=given["missing"],
        anchor=given["anchor"],
    )
