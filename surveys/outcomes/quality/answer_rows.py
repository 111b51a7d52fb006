"""From what was counted of the answers to rows with words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from scoring.instrument import load_instruments
from surveys.i18n import gettext as _
from surveys.outcomes.quality.names import MODES, instrument_label, item_label
from surveys.outcomes.quality.rows import Share
from surveys.outcomes.quality.screen_rows import in_order
from surveys.outcomes.quality.taken import Row

VAS = ("eq5d3l", "vas")
PAIN = "nrs11"
DIGITS = 10


def declined_shares(rows: Sequence[Row]) -> list[Share]:
    """Share of the answers that stand in which the patient did not want to answer."""
    wholes = in_order(row for row in rows if row["status"] is None)
    said = {(row["instrument"], row["item"]): row["answers"] for row in rows if row["status"] == "declined"}
    return [
        Share(
            f"{row['instrument']}/{row['item']}",
            item_label(row["instrument"], row["item"]),
            said.get((row["instrument"], row["item"]), 0),
            row["answers"],
            row["patients"],
        )
        for row in wholes
    ]


def digit_shares(rows: Sequence[Row]) -> list[Share]:
    """The last digits of the EQ VAS, as whoever rounds would heap them."""
    counts: Counter[int] = Counter()
    for row in _levels(rows, *VAS):
        counts[row["level"] % DIGITS] += row["answers"]
    return _histogram(counts, range(DIGITS), _patients(rows, [VAS]), "…{0}")


def pain_shares(rows: Sequence[Row]) -> list[Share]:
    """The levels of every numeric rating of pain together."""
    items = [item.code for item in load_instruments()[PAIN].items]
    counts: Counter[int] = Counter()
    for row in (each for item in items for each in _levels(rows, PAIN, item)):
        counts[row["level"]] += row["answers"]
    return _histogram(counts, range(DIGITS + 1), _patients(rows, [(PAIN, item) for item in items]), "{0}")


def _levels(rows: Sequence[Row], instrument: str, item: str) -> Iterator[Row]:
    found = (row for row in rows if (row["instrument"], row["item"], row["status"]) == (instrument, item, "answered"))
    yield from found


def _patients(rows: Sequence[Row], items: Sequence[tuple[str, str]]) -> int:
    """At least so many patients stand behind these items."""
    wholes = (row for row in rows if row["status"] is None and (row["instrument"], row["item"]) in items)
    return max((row["patients"] for row in wholes), default=0)


def _histogram(counts: Mapping[int, int], values: Iterable[int], patients: int, words: str) -> list[Share]:
    whole = sum(counts.values())
    return [Share(str(each), words.format(each), counts[each], whole, patients) for each in values]


def straight_shares(rows: Sequence[Row]) -> list[Share]:
    """Complete questionnaires with the same row throughout, and those of them with the lowest: no trouble at all."""
    found = []
    for row in sorted(rows, key=lambda row: str(row["instrument"])):
        name, whole = instrument_label(row["instrument"]), (row["answers"], row["patients"])
        same = _("%(name)s: the same row throughout", name=name)
        lowest = _("%(name)s: of all, the lowest row throughout", name=name)
        found.append(Share(row["instrument"], same, row["same"], *whole))
        found.append(Share(f"{row['instrument']}/lowest", lowest, row["lowest"], *whole))
    return found


def mode_shares(rows: Sequence[Row]) -> list[Share]:
    """Who filled the questionnaires in, and how."""
    whole, patients = sum(row["answers"] for row in rows), max((row["patients"] for row in rows), default=0)
    counts = {row["entered"]: row["answers"] for row in rows}
    return [Share(code, str(words), counts[code], whole, patients) for code, words in MODES.items() if code in counts]
