"""The account that PostgreSQL runs under: it refuses to run as root."""

import os
import shutil
from pathlib import Path

from local.trouble import LocalError

STAND_IN = "nobody"  # present on every Linux; initdb needs an account with a name


def is_root() -> bool:
    """Whether this process is root."""
    return os.geteuid() == 0


def unprivileged(command: list[str]) -> list[str]:
    """Return the command as it is for an ordinary user, and under the stand-in account for root.

    The stand-in keeps the right to pass through closed folders such as /root, so that no folder's
    permissions have to be opened for it.
    """
    if not is_root():
        return command
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        message = "PostgreSQL does not run as root: use an ordinary account, or install setpriv (util-linux)."
        raise LocalError(message)
    keep = ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]
    return [setpriv, f"--reuid={STAND_IN}", "--clear-groups", *keep, "--", *command]


def hand_over(folder: Path) -> None:
    """Give a folder to the account that the server will run under."""
    if is_root():
        shutil.chown(folder, STAND_IN)
