"""When classes deserve doubt: small, blurred, found once, barely better than another number of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from scoring.mixture.result import Candidate, Caution, LatentClass

SMALL_SHARE = 0.05
SMALL_COUNT = 25  # patients
CERTAIN = 0.7  # mean posterior of those assigned (Nagin, Group-Based Modeling of Development, 2005, p. 88)
BIC_MATTERS = 2.0  # a smaller gain is "not worth more than a bare mention" (Kass & Raftery, J Am Stat Assoc 1995)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Numbers of classes without a result: too many for the patients, or with classes in which nobody differs."""

    too_many: tuple[int, ...]
    degenerate: tuple[int, ...]


def cautions(
    classes: Sequence[LatentClass], chosen: Candidate, tried: Sequence[Candidate], skipped: Skipped, n: int
) -> tuple[Caution, ...]:
    """All that applies, those about single classes first."""
    found = [each for place, one in enumerate(classes) for each in _of_class(place, one, n)]
    return (*found, *_of_search(chosen, tried), *_of_range(chosen, tried, skipped))


def _of_class(place: int, one: LatentClass, n: int) -> list[Caution]:
    found = []
    name, count = f"Class {place + 1}", one.share * n
    if one.share < SMALL_SHARE or count < SMALL_COUNT:
        text = f"{name} is small: {100 * one.share:.1f} %, about {count:.0f} patients. It may not be found again."
        found.append(Caution("small_class", text, place))
    if one.certainty is None or one.certainty < CERTAIN:
        mean = "nobody" if one.certainty is None else f"patients with {one.certainty:.2f} on average"
        text = f"{name} is blurred: it holds {mean}, below {CERTAIN}. Do not report who is in it."
        found.append(Caution("blurred_class", text, place))
    if one.interval is None:
        text = f"{name}'s share has no interval: too few patients for so many parameters."
        found.append(Caution("no_interval", text, place))
    return found


def _of_search(chosen: Candidate, tried: Sequence[Candidate]) -> list[Caution]:
    found = []
    if not chosen.converged:
        found.append(Caution("not_converged", "The search was still gaining when it was stopped."))
    if chosen.classes > 1 and chosen.reached == 1:
        text = "Only one start arrived at these classes. Try more starts and another seed before believing them."
        found.append(Caution("one_start", text))
    for each in tried:
        if each is not chosen and each.bic - chosen.bic < BIC_MATTERS:
            text = f"{each.classes} classes fit about as well (BIC {each.bic:.1f} against {chosen.bic:.1f})."
            found.append(Caution("close_bic", text))
    return found


def _of_range(chosen: Candidate, tried: Sequence[Candidate], skipped: Skipped) -> list[Caution]:
    found = []
    most = max(each.classes for each in tried)
    if len(tried) > 1 and chosen.classes == most and not skipped.too_many:
        found.append(Caution("most_tried", f"{most} is the most classes tried; more may fit better."))
    if skipped.degenerate:
        numbers = ", ".join(map(str, skipped.degenerate))
        text = f"Left out, because patients of a class do not differ: {numbers} classes. Such answers suit no mixture."
        found.append(Caution("degenerate", text))
    if skipped.too_many:
        numbers = ", ".join(map(str, skipped.too_many))
        found.append(Caution("not_tried", f"Not tried, because there are too few patients: {numbers} classes."))
    return found
