"""Random secrets of one installation, one file each, readable by its owner only."""

import os
import secrets
from pathlib import Path


def secret(folder: Path, name: str) -> str:
    """Return 32 random bytes as 64 hexadecimal digits, the same at every later call."""
    path = folder / name
    if not path.exists():
        _write_once(path, secrets.token_hex(32))
    return path.read_text(encoding="ascii")


def _write_once(path: Path, text: str) -> None:
    """Write beside and link into place: a reader sees the whole secret or none, and the first writer wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
