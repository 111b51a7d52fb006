"""Whether every translation catalogue compiles."""

import tempfile
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from local.settings import ROOT
from local.trouble import LocalError


def check_translations(folder: Path = ROOT / "surveys") -> None:
    """Read and compile each .po file; a placeholder lost in translation counts as an error."""
    catalogues = sorted(folder.rglob("*.po"))
    troubles = [trouble for path in catalogues for trouble in _troubles(path)]
    if troubles:
        raise LocalError("\n".join(troubles))
    print(f"{len(catalogues)} translation catalogues compile.")


def _troubles(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
        with tempfile.TemporaryFile() as compiled:
            write_mo(compiled, catalogue)
    except (PoFileError, ValueError) as error:
        return [f"{path}: {error}"]
    return [f"{path}:{message.lineno}: {error}" for message, errors in catalogue.check() for error in errors]
