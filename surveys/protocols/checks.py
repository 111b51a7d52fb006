"""What a protocol must satisfy beyond its form: known items, sound windows, rules that can be evaluated."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

from scoring.errors import ScoringError
from scoring.instrument import find_instrument, load_instruments
from scoring.responder import Rule
from scoring.toml_table import TomlTable
from scoring.value_sets import find_value_set
from surveys import schedule
from surveys.protocols.individual import check_individual
from surveys.protocols.model import MAX_MESSAGES, MAX_SCREENS, Protocol, ReminderPlan, Timepoint

# Every day of a common and a leap year: how far apart two offsets fall depends on the months between them.
INDEX_DATES = tuple(date(2023, 1, 31) + timedelta(days=day) for day in range(730))


def items_asked(table: TomlTable, instrument: str, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The items of a battery entry, all of them where none is named; unknown and missing ones are refused."""
    if instrument not in load_instruments():
        raise table.fail("instrument", f"there is no instrument {instrument!r}")
    items = {item.code: item for item in find_instrument(instrument).items}
    for code in wanted:
        if code not in items or wanted.count(code) > 1:
            raise table.fail("items", f"{instrument} has no item {code!r}, or it is named twice")
    left_out = [item.code for item in items.values() if wanted and item.code not in wanted and not item.optional]
    if left_out:
        raise table.fail("items", f"{instrument} cannot be scored without {', '.join(left_out)}")
    return wanted or tuple(items)


def check_protocol(table: TomlTable, protocol: Protocol) -> None:
    """Refuse what reads well and cannot work; each refusal names the key."""
    _check_codes(table, "arms", [arm.code for arm in protocol.arms])
    _check_codes(table, "timepoints", [timepoint.code for timepoint in protocol.timepoints])
    _check_codes(table, "languages", list(protocol.languages))
    _check_baseline(table, protocol)
    for timepoint in protocol.timepoints:
        _check_battery(table, timepoint)
    _check_windows(table, protocol)
    _check_reminders(table, protocol.reminders)
    _check_value_set(table, protocol.value_set)
    _check_rules(table, protocol)
    check_individual(table, protocol)


def _check_codes(table: TomlTable, key: str, codes: list[str]) -> None:
    if not codes:
        raise table.fail(key, "must hold at least one")
    for position, code in enumerate(codes):
        if code in codes[:position]:
            raise table.fail(key, f"{code!r} is used twice")


def _check_baseline(table: TomlTable, protocol: Protocol) -> None:
    baselines = [timepoint.is_baseline for timepoint in protocol.timepoints]
    if sum(baselines) != 1 or not baselines[0]:
        raise table.fail("timepoints", "the first, and no other, must be the baseline: without an offset")
    baseline = protocol.timepoints[0]
    if baseline.opens_days_before or baseline.closes_days_after < 0:
        reason = "a baseline opens on the day of enrolment: opens_days_before is 0, and closes_days_after not below 0"
        raise table.fail(f"timepoints.{baseline.code}", reason)


def _check_battery(table: TomlTable, timepoint: Timepoint) -> None:
    key = f"timepoints.{timepoint.code}"
    instruments = [entry.instrument for entry in timepoint.battery]
    if not instruments or len(set(instruments)) != len(instruments):
        raise table.fail(key, "must ask at least one instrument, and none twice")
    if timepoint.screens > MAX_SCREENS:
        raise table.fail(key, f"asks {timepoint.screens} screens; at most {MAX_SCREENS} are allowed")


def _check_windows(table: TomlTable, protocol: Protocol) -> None:
    """Follow-ups open after the index date, in order of time, and never wait for an answer on the same day."""
    follow_ups = [timepoint for timepoint in protocol.timepoints if not timepoint.is_baseline]
    for timepoint in follow_ups:
        if timepoint.opens_days_before + timepoint.closes_days_after < 0:
            raise table.fail(f"timepoints.{timepoint.code}", "the window closes before it opens")
        if min(_offsets(timepoint.months, timepoint.weeks)) - timepoint.opens_days_before <= 0:
            raise table.fail(f"timepoints.{timepoint.code}", "the window can open before the day after the index date")
    for earlier, later in pairwise(follow_ups):
        if any(last >= first for last, first in zip(_last_days(earlier), _first_days(later), strict=True)):
            raise table.fail(f"timepoints.{later.code}", f"the window can open before that of {earlier.code} closes")


def _first_days(timepoint: Timepoint) -> Iterator[int]:
    return (days - timepoint.opens_days_before for days in _offsets(timepoint.months, timepoint.weeks))


def _last_days(timepoint: Timepoint) -> Iterator[int]:
    return (days + timepoint.closes_days_after for days in _offsets(timepoint.months, timepoint.weeks))


@cache
def _offsets(months: int | None, weeks: int | None) -> tuple[int, ...]:
    """Days from each of ``INDEX_DATES`` to the due date; protocols share most of their offsets."""
    length = timedelta(weeks=weeks or 0)
    return tuple((schedule.add_months(index, months or 0) + length - index).days for index in INDEX_DATES)


def _check_reminders(table: TomlTable, plan: ReminderPlan) -> None:
    if plan.messages > MAX_MESSAGES:
        raise table.fail("reminders", f"{plan.messages} messages to a visit; at most {MAX_MESSAGES} are allowed")
    days = [0, *plan.reminder_days]
    if plan.phone_task_days is not None:
        days.append(plan.phone_task_days)
    if any(later <= earlier for earlier, later in pairwise(days)):
        raise table.fail("reminders", "reminders and then the phone task must come on later and later days")
    if plan.send_from >= plan.send_until:
        raise table.fail("send_until", "must be later than send_from")


def _check_value_set(table: TomlTable, value_set: str) -> None:
    try:
        find_value_set(value_set)
    except ScoringError as problem:
        raise table.fail("value_set", str(problem).rstrip(".")) from problem


def _check_rules(table: TomlTable, protocol: Protocol) -> None:
    """Each rule reads, stands once, and can be answered by the scores that this protocol makes."""
    rules = [_rule(table, text, protocol.value_set) for text in protocol.rules]
    _check_codes(table, "rules", [rule.text for rule in rules])
    first, *later = protocol.timepoints
    evaluable = _scales(first) & {scale for timepoint in later for scale in _scales(timepoint)}
    for rule in rules:
        if rule.scale not in evaluable:
            raise table.fail("rules", f"{rule.text!r} needs {rule.scale} at baseline and at a follow-up")
        if rule.value_set not in (None, protocol.value_set):
            raise table.fail("rules", f"{rule.text!r} names another value set than the protocol, {protocol.value_set}")


def _rule(table: TomlTable, text: str, value_set: str) -> Rule:
    try:
        return Rule.parse(text, value_set=value_set)
    except ScoringError as problem:
        raise table.fail("rules", str(problem).rstrip(".")) from problem


def _scales(timepoint: Timepoint) -> set[str]:
    asked = (find_instrument(entry.instrument) for entry in timepoint.battery)
    return {scale.code for instrument in asked for scale in instrument.scales}
