"""What a newcomer needs to see once everything answers."""

import subprocess
import sys
from collections.abc import Mapping

import segno

from local.settings import ROOT, Ports, is_lan
from local.trouble import LocalError

RULE = "─" * 72


def announce(ports: Ports, logins: str, link: str) -> None:
    """Print addresses, logins and one patient's link, also as a QR code."""
    print(RULE)
    print(f"Clinicians      {ports.web_url}")
    print(f"Mailbox         {ports.mailbox_url}   (every mail and text the demo sends; none leaves this machine)")
    print(f"\nLogins\n{logins}")
    print(f"\nA patient's link, as URL and for a phone's camera\n{link}\n")
    qr_code(link)
    print(_reach(ports))
    print("Three months later: make flask ARGS='demo advance --months 3'     Stop: Ctrl-C")
    print(RULE, flush=True)


def qr_code(text: str) -> None:
    """Print a QR code of block characters."""
    segno.make(text, error="m", micro=False).terminal(compact=True, border=2)


def _reach(ports: Ports) -> str:
    if is_lan():
        return (
            f"LAN=1: any device on this network reaches {ports.web_url}. Traffic is not encrypted and\n"
            "cookies carry plain names: use it to try things out, never with real patients."
        )
    return "The code works on this machine only; `make run LAN=1` lets a real phone in."


class Question:
    """A command of the application that prints what a newcomer needs; it runs while the others start."""

    def __init__(self, arguments: list[str], environ: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
        self._words = " ".join(arguments)
        self._child = subprocess.Popen(command, cwd=ROOT, env=dict(environ), stdout=subprocess.PIPE, text=True)

    def answer(self) -> str:
        """Wait for the words; LocalError when it failed."""
        words, _ = self._child.communicate()
        if self._child.returncode:
            raise LocalError(f"`flask {self._words}` ended with status {self._child.returncode}.")
        return words.strip()
