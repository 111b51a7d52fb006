"""Whom the figures and the sentence of a statement count: the groups whose sums and differences must not be of few."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from scoring.missing import Method
from scoring.types import BoolArray
from surveys.outcomes.claims.doses import known_both
from surveys.outcomes.claims.frame import KEY, Frame
from surveys.outcomes.claims.harms import treated
from surveys.outcomes.claims.judging import judged_at
from surveys.outcomes.claims.kinds.opioid_change import known_use
from surveys.outcomes.claims.kinds.surgery_avoided import followed_to, known_at, operated_on
from surveys.outcomes.claims.kinds.treatment_series import MOST as MOST_TREATMENTS
from surveys.outcomes.claims.specification import Point, Specification, read_specification
from surveys.outcomes.public.disclosure import Group

Key = tuple[str, str, str]  # what is judged, arm, timepoint
HARMS, ALWAYS = "harms", ""  # adverse events are counted of everybody treated in an arm, at no timepoint
COMPLETE: Method = "complete_case"


@lru_cache(maxsize=64)
def groups_of(specification: str, rows: str) -> tuple[tuple[Key, Group], ...]:
    """Who answered in each arm at each timepoint, and in each part that the statement speaks of.

    The outcome is what is judged, however missing answers are counted.
    """
    read, frame = read_specification(specification), Frame.read(rows)
    outcome = read.judged_by.rule.text if read.endpoint else read.kind
    keys, found = frame.text(KEY), []
    for arm in read.arms:
        found.append(((HARMS, arm.code, ALWAYS), frozenset(keys[(frame.arm == arm.code) & treated(frame)].tolist())))
    for point in read.follow_ups:
        parts, counts = _parts(read, frame) if point == read.point else {}, _counted(read, frame, point)
        for name, own in ({arm.code: frame.arm == arm.code for arm in read.arms} | parts).items():
            for what, counted in counts.items():
                found.append(((f"{outcome}{what}", name, point.code), frozenset(keys[own & counted].tolist())))
    found += [(key, frozenset(keys[own].tolist())) for key, own in _spoken(read, frame).items()]
    return tuple((key, group) for key, group in found if group)


def _counted(read: Specification, frame: Frame, point: Point) -> dict[str, BoolArray]:
    """Whom a figure counts: who answered, and who of them can be judged, in the statement's way and in the plainest."""
    if read.kind == "surgery_avoided":
        ever = np.isfinite(operated_on(frame)) | np.isfinite(followed_to(read, frame))
        return {"": np.logical_or(*known_at(read, frame, point)), " ever": ever}
    found = {"": _answered(read, frame, point)}
    if read.kind == "battery_means":
        return found | {f" {code} both": _twice(read, frame, code, point) for code, _value_set in read.scales}
    if read.endpoint is None:
        return found
    plain, stated = (judged_at(read, frame, point, missing=way) for way in (COMPLETE, None))
    return found | {" judged": plain.evaluable, " as stated": stated.evaluable}


def _spoken(read: Specification, frame: Frame) -> dict[Key, BoolArray]:
    """Whom the sentence on opioids speaks of beside its figures: use at enrolment, and doses known both times."""
    if read.kind != "opioid_change":
        return {}
    asked, dosed = frame.text("opioid_use") != "", known_both(read, frame, read.point)
    groups = {("opioids at enrolment", "before"): asked, ("opioid dose", "dose"): dosed}
    groups |= {("opioids both times", "both"): known_use(read, frame)}
    return {
        (outcome, f"{arm.code}/{part}", read.timepoint): (frame.arm == arm.code) & own
        for (outcome, part), own in groups.items()
        for arm in read.arms
    }


def _parts(read: Specification, frame: Frame) -> dict[str, BoolArray]:
    """Groups beside the arms that the sentence of a kind gives figures of, or lets work out."""
    if read.kind == "by_diagnosis":
        of = frame.text("pain_generator")
        pairs = [(arm.code, str(each)) for arm in read.arms for each in sorted(set(of.tolist()))]
        return {f"{arm}/{each}": (frame.arm == arm) & (of == each) for arm, each in pairs}
    if read.kind == "treatment_series":
        done = np.minimum(frame.number("treatments"), MOST_TREATMENTS)
        return {f"series/{each:g}": done == each for each in sorted(set(done.tolist()))}
    if read.kind == "dose_response":
        known, given = np.isfinite(frame.number("dose")), frame.number("treatments") > 0
        return {"dose/known": known, "dose/unknown": ~known & given}
    return {}


def _twice(read: Specification, frame: Frame, code: str, point: Point) -> BoolArray:
    """Who gave a value of a scale both times."""
    both: BoolArray = np.isfinite(frame.value(read.baseline.code, code)) & np.isfinite(frame.value(point.code, code))
    return both


def _answered(read: Specification, frame: Frame, point: Point) -> BoolArray:
    """Who gave a value of the first scale both times; everybody where the kind reads no scale."""
    if not read.scales:
        return np.ones(frame.size, dtype=np.bool_)
    scale = read.scales[0][0]
    before = np.isfinite(frame.value(read.baseline.code, scale)) | (read.endpoint is None)
    both: BoolArray = before & np.isfinite(frame.value(point.code, scale))
    return both
