"""What a newcomer needs to see once everything answers."""

import subprocess
import sys
from collections.abc import Mapping

import segno

from local.settings import ROOT, Ports, is_lan
from local.trouble import LocalError

RULE = "─" * 72


def announce(ports: Ports, environ: Mapping[str, str]) -> None:
    """Print addresses, logins and one patient's link, also as a QR code."""
    logins = _ask(["demo", "logins"], environ)
    link = _ask(["demo", "link"], environ)
    print(RULE)
    print(f"Clinicians      {ports.web_url}")
    print(f"Mailbox         {ports.mailbox_url}   (every mail the demo sends; none leaves this machine)")
    print(f"\nLogins\n{logins}")
    print(f"\nA patient's link, as URL and for a phone's camera\n{link}\n")
    qr_code(link)
    print(_reach(ports))
    print("Two months later: make flask ARGS='demo advance --months 2'     Stop: Ctrl-C")
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


def _ask(arguments: list[str], environ: Mapping[str, str]) -> str:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=dict(environ), stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise LocalError(f"`flask {' '.join(arguments)}` ended with status {done.returncode}.")
    return done.stdout.strip()
