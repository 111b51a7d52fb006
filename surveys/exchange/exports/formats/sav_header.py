"""The beginning of an SPSS system file: variables, value labels, encoding.

After the description of the format in the developers' guide of GNU PSPP ("System File Format"). Little-endian; texts
are UTF-8. Numbers of cases are filled in when they are known.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from surveys.exchange.exports.columns import Column

CASES_AT = 80  # where the header keeps the number of cases
WORD = 8  # bytes of one element of a case
MISSING = -sys.float_info.max
LOWEST = -float.fromhex("0x1.ffffffffffffep+1023")
TEXT_FORMAT, NUMBER_FORMAT, DAY_FORMAT = 1, 5, 39  # A, F, SDATE (yyyy/mm/dd)
LONGEST_LABEL = 120
PROGRAM = b"@(#) SPSS DATA FILE - Backstory"


@dataclass(frozen=True)
class Variable:
    """A column as SPSS keeps it. ``words``: elements of a case; ``codes``: a number for every text that is possible."""

    column: Column
    short: bytes
    codes: Mapping[str, int]

    @property
    def is_text(self) -> bool:
        """Whether its cells are texts and no numbers."""
        return self.column.kind == "text" and not self.codes

    @property
    def words(self) -> int:
        """Elements of a case."""
        return -(-self.column.width // WORD) if self.is_text else 1

    def labels(self) -> Iterator[tuple[float, str]]:
        """Every value that has a label."""
        if self.codes:
            yield from ((number, code) for code, number in self.codes.items())
            return
        for value, label in self.column.labels.items():
            yield float(value), label


def variable(number: int, column: Column) -> Variable:
    """The column as the file's ``number``-th variable, from 1."""
    texts = column.labels if column.kind == "text" else ()
    return Variable(column, f"V{number}".encode(), {str(code): place for place, code in enumerate(texts, 1)})


def header(variables: Sequence[Variable], label: str) -> tuple[bytes, int]:
    """Everything before the first case, and where the 64-bit number of cases stands in it."""
    first = struct.pack(
        "<4s60siiiiid9s8s64s3x",
        b"$FL2",
        PROGRAM.ljust(60),
        2,
        sum(each.words for each in variables),
        *(0, 0, -1, 100.0),
        b"01 Jan 70",
        b"00:00:00",
        label.encode()[:64].ljust(64),
    )
    described = b"".join(_described(each) for each in variables)
    before = first + described + b"".join(_labelled(variables)) + _machine() + _cases()
    at = len(before) - WORD
    return before + _names(variables) + _extension(20, 1, b"UTF-8") + struct.pack("<ii", 999, 0), at


def _described(each: Variable) -> bytes:
    kind = each.column.kind
    width = each.column.width if each.is_text else 0
    title = each.column.title.encode()[:250]
    form = (TEXT_FORMAT << 16) + (width << 8) if width else _number_format(kind)
    record = struct.pack("<iiiiii8si", 2, width, 1, 0, form, form, each.short.ljust(WORD), len(title))
    more = struct.pack("<iiiiii8s", 2, -1, 0, 0, 0, 0, b" " * WORD) * (each.words - 1)
    return record + title + b" " * (-len(title) % 4) + more


def _number_format(kind: str) -> int:
    if kind == "day":
        return (DAY_FORMAT << 16) + (10 << 8)
    return (NUMBER_FORMAT << 16) + (12 << 8) + (3 if kind == "number" else 0)


def _labelled(variables: Sequence[Variable]) -> Iterator[bytes]:
    place = 1
    for each in variables:
        if found := list(each.labels()):
            yield struct.pack("<ii", 3, len(found)) + b"".join(_label(*pair) for pair in found)
            yield struct.pack("<iii", 4, 1, place)
        place += each.words


def _label(value: float, label: str) -> bytes:
    words = label.encode()[:LONGEST_LABEL]
    return struct.pack("<dB", value, len(words)) + words + b" " * (-(1 + len(words)) % WORD)


def _machine() -> bytes:
    integers = struct.pack("<8i", 1, 0, 0, -1, 1, 1, 2, 65001)
    return _extension(3, 4, integers) + _extension(4, 8, struct.pack("<3d", MISSING, -MISSING, LOWEST))


def _cases() -> bytes:
    return _extension(16, 8, struct.pack("<qq", 1, -1))


def _names(variables: Sequence[Variable]) -> bytes:
    return _extension(13, 1, b"\t".join(each.short + b"=" + each.column.code.encode() for each in variables))


def _extension(subtype: int, size: int, content: bytes) -> bytes:
    return struct.pack("<iiii", 7, subtype, size, len(content) // size) + content
