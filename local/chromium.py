"""Find a Chromium for the browser tests, or fetch one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from local.account import is_root

# the first draws the same pages without a window around them, which costs as much again as the pages
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Return the path of a Chromium: the one named by CHROMIUM, the system's, or Playwright's own."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    return next(filter(None, map(shutil.which, NAMES)), None) or _playwrights_own()


def ensure() -> str | None:
    """Return the path as ``find`` does, installing one where there is none; None if that fails."""
    found = find()
    if found:
        return found
    print("No Chromium found; the browser tests need one. Installing ...", flush=True)
    for command in _install_commands():
        subprocess.run(command, check=False)
        if found := find():
            break
    return found


def _install_commands() -> list[list[str]]:
    if is_root() and shutil.which("apt-get"):
        install = ["apt-get", "install", "-q", "-y"]
        return [["apt-get", "update", "-q"], [*install, NAMES[0]], [*install, "chromium"]]  # not every Debian has both
    return [[sys.executable, "-m", "playwright", "install", "chromium"]]


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  a package of the development group

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if path and Path(path).exists() else None
