"""Strict reading of one TOML table: every key is asked for once, whatever is left over is refused."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scoring.errors import InstrumentError

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # no database, page or table takes them
LARGEST = 10**9  # no scale reaches it, and a float holds every whole number below it


class TomlTable:
    """One table of a file, with the path to it, so that each refusal names file and key."""

    def __init__(self, file: str, path: str, data: dict[str, Any]) -> None:
        self.file = file
        self.path = path
        self._left = dict(data)

    @classmethod
    def load(cls, file: Path) -> "TomlTable":
        """Read a whole file; a syntax error is reported under the key ``(syntax)``."""
        try:
            return cls.parse(file.name, file.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            raise InstrumentError(file.name, "(syntax)", str(error)) from error

    @classmethod
    def parse(cls, file: str, text: str) -> "TomlTable":
        """Read a whole text as ``load`` does; ``file`` only names it."""
        try:
            return cls(file, "", tomllib.loads(text))
        except RecursionError as error:
            raise InstrumentError(file, "(syntax)", "is nested too deeply") from error
        except ValueError as error:  # not of TOML alone: Python's own limit on digits too
            raise InstrumentError(file, "(syntax)", str(error)) from error

    def key(self, name: str) -> str:
        """Full path of a key, as the refusals print it."""
        return f"{self.path}.{name}" if self.path else name

    def fail(self, name: str, reason: str) -> InstrumentError:
        """Build the refusal of one key."""
        return InstrumentError(self.file, self.key(name), reason)

    def has(self, name: str) -> bool:
        """Whether a key is there and nobody has asked for it yet."""
        return name in self._left

    def _take(self, name: str, kinds: tuple[type, ...], word: str, default: Any) -> Any:
        if name not in self._left:
            if default is None:
                raise self.fail(name, "is missing")
            return default
        value = self._left.pop(name)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise self.fail(name, f"must be {word}, not {value!r}")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        """Read a text that is not blank; without a default it must be there."""
        given = name in self._left
        value = str(self._take(name, (str,), "text", default))
        if given and not value.strip():
            raise self.fail(name, "must not be blank")
        if CONTROL.search(value):
            raise self.fail(name, "must not hold control characters")
        return value

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """Read one of a closed list of words."""
        value = self.text(name)
        if value not in allowed:
            raise self.fail(name, f"must be one of {', '.join(allowed)}, not {value!r}")
        return value

    def integer(self, name: str, default: int | None = None) -> int:
        """Read a whole number."""
        return int(self._take(name, (int,), "a whole number", default))

    def number(self, name: str) -> float:
        """Read a number, whole or not; TOML also writes inf and nan, which are none."""
        given = self._take(name, (int, float), "a number", None)
        if not abs(given) < LARGEST:  # inf and nan as well
            raise self.fail(name, f"must be a number below a billion, not {str(given)[:20]}")
        return float(given)

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """Read true or false; without a default it must be there."""
        return bool(self._take(name, (bool,), "true or false", default))

    def words(self, name: str) -> tuple[str, ...]:
        """Read a list of texts, empty where the key is absent."""
        values = self._take(name, (list,), "a list of texts", ())
        if not all(isinstance(value, str) for value in values):
            raise self.fail(name, "must be a list of texts")
        return tuple(values)

    def text_map(self, name: str) -> dict[str, str]:
        """Read a table of texts, empty where the key is absent."""
        values = self._take(name, (dict,), "a table of texts", {})
        if not all(isinstance(value, str) for value in values.values()):
            raise self.fail(name, "must be a table of texts")
        return dict(values)

    def tables(self, name: str, *, required: bool) -> "Iterator[TomlTable]":
        """Read an array of tables."""
        rows = self._take(name, (list,), "an array of tables", None if required else [])
        for position, row in enumerate(rows):
            path = f"{self.key(name)}[{position}]"
            if not isinstance(row, dict):
                raise InstrumentError(self.file, path, "must be a table")
            yield TomlTable(self.file, path, row)

    def finish(self) -> None:
        """Refuse the file if it holds a key nobody asked for."""
        for name in self._left:
            raise self.fail(name, "is not a known key")
