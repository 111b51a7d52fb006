"""What protocols and wordings share: a refusal is a sentence that names the file and the key."""

from collections.abc import Iterator
from contextlib import contextmanager

from scoring.errors import InstrumentError
from scoring.toml_table import TomlTable


class DocumentError(ValueError):
    """A file that cannot be used: which file, which key, and why."""

    def __init__(self, file: str, key: str, reason: str) -> None:
        super().__init__(f"{file}, {key}: {reason}.")
        self.file = file
        self.key = key
        self.reason = reason


@contextmanager
def read_document(text: str, file: str, error: type[DocumentError]) -> Iterator[TomlTable]:
    """Open TOML text for strict reading; whatever is wrong with it raises ``error``.

    ``file`` only names the text. A key that the block leaves unread is refused at its end.
    """
    try:
        table = TomlTable.parse(file, text)
        yield table
        table.finish()
    except InstrumentError as problem:
        raise error(problem.file, problem.key, problem.reason) from problem
