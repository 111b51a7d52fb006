"""CSV text in pieces of bounded size, every refusal naming file, line and remedy."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO, TextIO

from scoring.errors import TableError
from scoring.table import Row

_LONGEST_LINE = 8_000_000  # characters
_PIECE_CHARACTERS = 4_000_000
_PIECE_ROWS = 16_384


class _Lines:
    """Lines of a file as they are read; ``characters`` counts those handed out."""

    def __init__(self, file: str, text: TextIO) -> None:
        self.characters = 0
        self._file = file
        self._text = text
        self._line = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._text.readline(_LONGEST_LINE)
        if not line:
            raise StopIteration
        self._line += 1
        self.characters += len(line)
        if not line.isascii():
            self._check_text(line)
        if "\0" in line:
            raise TableError(f"{self._file}: line {self._line}: holds NUL bytes, so it is no CSV text.")
        if len(line) == _LONGEST_LINE:
            raise TableError(f"{self._file}: line {self._line}: has more than {_LONGEST_LINE:,} characters.")
        return line

    def _check_text(self, line: str) -> None:
        """Bytes that are no UTF-8 were read as lone surrogates, which cannot be written back."""
        try:
            line.encode()
        except UnicodeEncodeError as error:
            raise TableError(f"{self._file}: line {self._line}: is not UTF-8 text. Save it as CSV UTF-8.") from error


def _records(file: str, lines: _Lines) -> Iterator[Row]:
    """Split into records. A blank line is no record, except as the empty cell of a single column."""
    reader = csv.reader(lines, strict=True)
    line, width = 1, 0
    try:
        for cells in reader:
            if cells or width == 1:
                width = width or len(cells)
                yield Row(line, tuple(cells) or ("",))
            line = reader.line_num + 1
    except csv.Error as error:
        raise TableError(f"{file}: line {line}: cannot be read as CSV ({error}).") from error


def check_header(file: str, header: Sequence[str]) -> None:
    """Refuse a header with unnamed columns, or with two of one name."""
    if len(header) == 1 and ";" in header[0]:
        raise TableError(f"{file}: line 1: is separated by semicolons. Save it separated by commas.")
    seen: set[str] = set()
    for place, name in enumerate(header):
        if not name:
            raise TableError(f"{file}: line 1: column {place + 1} has no name.")
        if name in seen:
            raise TableError(f"{file}: line 1: the column {name!r} stands there twice.")
        seen.add(name)


def _pieces(file: str, lines: _Lines, records: Iterator[Row], width: int) -> Iterator[list[Row]]:
    """Yield rows in pieces, the last of them perhaps empty."""
    piece: list[Row] = []
    begun = lines.characters
    for row in records:
        if len(row.cells) != width:
            raise TableError(f"{file}: line {row.line}: has {len(row.cells)} cells where the header has {width}.")
        piece.append(row)
        if len(piece) == _PIECE_ROWS or lines.characters - begun > _PIECE_CHARACTERS:
            yield piece
            piece, begun = [], lines.characters
    yield piece


def csv_text(raw: BinaryIO) -> TextIO:
    """Decode a file so that line breaks stay, and bytes that are no UTF-8 are found on their own line."""
    return io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")


def read_csv(file: str, text: TextIO) -> tuple[tuple[str, ...], Iterator[list[Row]]]:
    """Read the header, and the rows in pieces: comma-separated, every line as wide as its header.

    ``text``: opened by ``csv_text``.
    """
    lines = _Lines(file, text)
    records = _records(file, lines)
    first = next(records, None)
    if first is None:
        raise TableError(f"{file}: is empty; a header line with the column names is needed.")
    header = tuple(name.strip() for name in first.cells)
    check_header(file, header)
    return header, _pieces(file, lines, records, len(header))
