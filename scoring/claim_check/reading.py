"""A light reader of published sentences: numbers, signs and names, no grammar. A person corrects what it understood."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from scoring.claim_check.measures import global_words, named
from scoring.claim_check.patterns import (
    AT_LEAST,
    BARE,
    CHAIN,
    COMPARED,
    COUNTS,
    INTERVAL,
    LEVEL,
    LISTED,
    MISSING,
    NOT_RANDOMISED,
    NUMBER,
    OR_MORE,
    RANDOMISED,
    SHARES,
    SIGNED,
    SIZES,
    TIMES,
    WINDOW,
)
from scoring.claim_check.statement import Change, Share, Statement, Threshold, Time

LONGEST = 1000  # characters


def understand(sentence: str) -> Statement:
    """Take a sentence apart. What is understood is covered, so that no number is read twice."""
    text = " ".join(sentence[:LONGEST].split())
    rest, found = text, Statement(text)
    for step in (_chains, _intervals, _windows, _thresholds, _times, _percentages, _sizes):
        rest, found = step(rest, found)
    return replace(
        found,
        measures=named(text),
        arms=_matched(COMPARED, text),
        randomised=randomised(text),
        missing=_matched(MISSING, text),
        anchor=global_words(text) if "gpe" in named(text) else "",
    )


def randomised(text: str) -> bool | None:
    """Whether the arms were randomised; None where nothing is said."""
    if NOT_RANDOMISED.search(text):
        return False
    return True if RANDOMISED.search(text) else None


def shares_of(text: str) -> tuple[Share, ...]:
    """Percentages in order; a count beside one belongs to it."""
    return _percentages(text, Statement())[1].shares


def threshold_of(text: str) -> Threshold | None:
    """The first threshold of a text."""
    return _thresholds(text, Statement())[1].threshold


def times_of(text: str) -> tuple[Time, ...]:
    """Every time of a text."""
    return _times(text, Statement())[1].times


def numbers_of(text: str) -> tuple[Decimal, ...]:
    """Every number of a text, in order."""
    return tuple(_number(each) for each in re.findall(NUMBER, text))


Step = tuple[str, Statement]


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def _cover(pattern: re.Pattern[str], text: str, note: Callable[[re.Match[str]], None]) -> str:
    """Hand over each match and put a bar in its place, which joins no numbers."""

    def blank(match: re.Match[str]) -> str:
        note(match)
        return " | "

    return pattern.sub(blank, text)


def _matched(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return " ".join(found[0].split()) if found else ""


def _chains(text: str, found: Statement) -> Step:
    """Values before and after; a total out of 40 keeps its points only."""
    changes: list[Change] = []

    def note(match: re.Match[str]) -> None:
        ends = re.split("\u2192|->", re.sub(r"/\d+", "", match[0]))
        first, last = (tuple(map(_number, re.findall(r"\d+(?:\.\d+)?", end))) for end in (ends[0], ends[-1]))
        changes.append(Change(first, last))

    rest = _cover(CHAIN, text, note)
    return rest, replace(found, changes=tuple(changes))


def _intervals(text: str, found: Statement) -> Step:
    ends: list[tuple[Decimal, Decimal]] = []
    rest = _cover(LEVEL, text, lambda _match: None)
    rest = _cover(INTERVAL, rest, lambda match: ends.append((_number(match[1]), _number(match[2]))))
    return rest, replace(found, interval=ends[0] if ends else None)


def _windows(text: str, found: Statement) -> Step:
    spans: list[str] = []
    rest = _cover(WINDOW, text, lambda match: spans.append(match[0]))
    return rest, replace(found, window=", ".join(spans))


def _thresholds(text: str, found: Statement) -> Step:
    marks: list[Threshold] = []

    def signed(match: re.Match[str]) -> None:
        exact = re.fullmatch(AT_LEAST, match[1], re.I)
        marks.append(Threshold(_number(match[2]), _is_percent(match[3]), ">=" if exact else ">"))

    rest = _cover(SIGNED, text, signed)
    rest = _cover(OR_MORE, rest, lambda match: marks.append(Threshold(_number(match[1]), _is_percent(match[2]), ">=")))
    rest = _cover(BARE, rest, lambda match: marks.append(Threshold(_number(match[1]))))
    return rest, replace(found, threshold=marks[0] if marks else None)


def _is_percent(unit: str | None) -> bool:
    return bool(unit) and not str(unit).lower().startswith("point")


def _times(text: str, found: Statement) -> Step:
    times: list[Time] = []

    def note(match: re.Match[str]) -> None:
        times.extend(Time(_number(each), f"{match[2].lower()}s") for each in re.findall(NUMBER, match[1]))

    return _cover(TIMES, text, note), replace(found, times=tuple(times))


def _percentages(text: str, found: Statement) -> Step:
    """A count is paired with the percentage nearest to it in the order of the text."""
    pairs: list[tuple[int, int]] = []
    percents: list[Decimal] = []

    def count(match: re.Match[str]) -> None:
        pairs.append((int(match[1]), int(match[2])))

    def listed(match: re.Match[str]) -> None:
        pairs.extend((int(each), int(match[3])) for each in [*re.findall(r"\d+", match[1]), match[2]])

    rest = _cover(COUNTS, _cover(LISTED, text, listed), count)
    rest = _cover(SHARES, rest, lambda match: percents.extend(_listed(match[1])))
    if len(pairs) == len(percents):
        shares = tuple(Share(percent, *pair) for percent, pair in zip(percents, pairs, strict=True))
        return rest, replace(found, shares=shares)
    sizes = tuple(dict.fromkeys(of for _count, of in pairs))
    return rest, replace(found, shares=tuple(map(Share, percents)), sizes=(*found.sizes, *sizes))


def _listed(text: str) -> list[Decimal]:
    """Numbers of a list such as ``74 / 66 / 56``."""
    return [_number(each) for each in re.findall(r"\d+(?:\.\d+)?", text)]


def _sizes(text: str, found: Statement) -> Step:
    sizes: list[int] = []
    rest = _cover(SIZES, text, lambda match: sizes.extend(int(each) for each in match.groups() if each))
    return rest, replace(found, sizes=(*found.sizes, *sizes))
