"""Where wheels keep their programs; nothing of theirs is imported, which would have side effects."""

from importlib.util import find_spec
from pathlib import Path

from local.trouble import LocalError


def wheel_folder(package: str) -> Path:
    """Return the folder an installed package lies in."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        message = f"The package {package} is missing from this environment: run `make setup`."
        raise LocalError(message)
    return Path(spec.submodule_search_locations[0])
