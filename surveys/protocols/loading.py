"""Protocols read from TOML, strictly: ``spine`` and ``trial`` come with the program, clinics bring their own."""

import re
from collections.abc import Mapping
from datetime import time
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import cast

from scoring.toml_table import TomlTable
from surveys.document import read_document
from surveys.protocols.checks import check_protocol, items_asked
from surveys.protocols.individual import personal_thresholds
from surveys.protocols.model import (
    Arm,
    BatteryEntry,
    Index,
    Protocol,
    ProtocolError,
    ReminderPlan,
    Timepoint,
)

__all__ = [
    "Arm",
    "BatteryEntry",
    "Protocol",
    "ProtocolError",
    "ReminderPlan",
    "Timepoint",
    "bundled_protocols",
    "load_protocol_file",
    "parse_protocol",
]

FOLDER = Path(__file__).parent
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
LANGUAGE = re.compile(r"[a-z]{2,3}")
CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
NO_OFFSET = 0
LONGEST_OFFSET = 520  # ten years in weeks

Battery = tuple[BatteryEntry, ...]


@lru_cache(maxsize=64)
def parse_protocol(text: str, name: str) -> Protocol:
    """Read and check a protocol; ``name`` only names it in errors."""
    with read_document(text, name, ProtocolError) as table:
        protocol = _protocol(table, text)
        check_protocol(table, protocol)
    return protocol


def load_protocol_file(path: Path) -> Protocol:
    """Read and check a protocol file."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise ProtocolError(path.name, "(syntax)", "is not UTF-8") from problem
    return parse_protocol(text, path.name)


@cache
def bundled_protocols() -> Mapping[str, Protocol]:
    """The protocols that come with the program, by code."""
    loaded = (load_protocol_file(path) for path in sorted(FOLDER.glob("*.toml")))
    return MappingProxyType({protocol.code: protocol for protocol in loaded})


def _protocol(table: TomlTable, text: str) -> Protocol:
    batteries = dict(_battery(row) for row in table.tables("batteries", required=True))
    return Protocol(
        code=_code(table, "code"),
        version=_whole(table, "version", 1, 9999),
        title=table.text("title"),
        index=cast("Index", table.choice("index", ("first", "last"))),
        value_set=table.text("value_set"),
        consent_version=table.text("consent_version"),
        languages=_languages(table),
        rules=table.words("rules"),
        arms=tuple(_arm(row) for row in table.tables("arms", required=True)),
        timepoints=tuple(_timepoint(row, batteries) for row in table.tables("timepoints", required=True)),
        reminders=_reminders(table),
        patient_trend=table.flag("patient_trend", default=False),
        source=text,
        individual=tuple(personal_thresholds(row) for row in table.tables("individual", required=False)),
    )


def _code(table: TomlTable, key: str) -> str:
    code = table.text(key)
    if not CODE.fullmatch(code):
        raise table.fail(key, f"must be a code of a-z, 0-9 and _, such as m3, not {code!r}")
    return code


def _whole(table: TomlTable, key: str, minimum: int, maximum: int, default: int | None = None) -> int:
    number = table.integer(key, default)
    if number != default and not minimum <= number <= maximum:
        raise table.fail(key, f"must lie between {minimum} and {maximum}, not {number}")
    return number


def _languages(table: TomlTable) -> tuple[str, ...]:
    languages = table.words("languages")
    for language in languages:
        if not LANGUAGE.fullmatch(language):
            raise table.fail("languages", f"must be language codes such as en, not {language!r}")
    return languages


def _arm(table: TomlTable) -> Arm:
    arm = Arm(_code(table, "code"), table.text("label"), table.flag("conventional", default=False))
    table.finish()
    return arm


def _battery(table: TomlTable) -> tuple[str, Battery]:
    code = _code(table, "code")
    entries = tuple(_entry(row) for row in table.tables("instruments", required=True))
    table.finish()
    return code, entries


def _entry(table: TomlTable) -> BatteryEntry:
    instrument, wanted = table.text("instrument"), table.words("items")
    table.finish()
    return BatteryEntry(instrument, items_asked(table, instrument, wanted))


def _timepoint(table: TomlTable, batteries: Mapping[str, Battery]) -> Timepoint:
    months, weeks = _offset(table)
    timepoint = Timepoint(
        code=_code(table, "code"),
        months=months,
        weeks=weeks,
        opens_days_before=_whole(table, "opens_days_before", -365, 365),
        closes_days_after=_whole(table, "closes_days_after", -365, 730),
        optional=table.flag("optional", default=False),
        battery=batteries[table.choice("battery", tuple(batteries))],
    )
    table.finish()
    return timepoint


def _offset(table: TomlTable) -> tuple[int | None, int | None]:
    """Months and weeks; at most one of ``years``, ``months`` and ``weeks`` may be given."""
    years, months, weeks = (_whole(table, unit, 1, LONGEST_OFFSET, NO_OFFSET) for unit in ("years", "months", "weeks"))
    if [years, months, weeks].count(NO_OFFSET) < 2:
        raise table.fail("weeks" if weeks else "months", "a timepoint has one offset: years, months or weeks")
    return (12 * years + months) or None, weeks or None


def _reminders(table: TomlTable) -> ReminderPlan:
    return ReminderPlan(
        reminder_days=tuple(_day(row) for row in table.tables("reminders", required=False)),
        phone_task_days=_whole(table, "phone_task_day", 1, 365, 0) or None,
        send_from=_clock(table, "send_from"),
        send_until=_clock(table, "send_until"),
    )


def _day(table: TomlTable) -> int:
    day = _whole(table, "day", 1, 365)
    table.finish()
    return day


def _clock(table: TomlTable, key: str) -> time:
    text = table.text(key)
    if not CLOCK.fullmatch(text):
        raise table.fail(key, f"must be a time such as 09:00, not {text!r}")
    return time.fromisoformat(text)
