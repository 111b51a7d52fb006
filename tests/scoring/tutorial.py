"""The commands of docs/tutorial.md. ``python -m tests.scoring.tutorial`` writes anew what they print."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
_BLOCK = re.compile(r"(?<=```console\n).*?(?=```\n)", re.DOTALL)
_COMMAND = re.compile(r"^\$ (?:.*\\\n)*.*\n", re.MULTILINE)


def steps(text: str) -> list[tuple[str, str]]:
    """Each command as written, after its ``$``, and what it is said to print."""
    found = []
    for block in _BLOCK.findall(text):
        commands = _COMMAND.findall(block)
        outputs = _COMMAND.split(block)[1:]
        found += [(command[2:], output) for command, output in zip(commands, outputs, strict=True)]
    return found


def printed(command: str) -> str:
    """Run a command in the folder of the tables and give what it prints on both streams."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=TUTORIAL.with_suffix(""),
        env=environ,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    return done.stdout + done.stderr


def rewritten(text: str) -> str:
    """Give the text with every output as it is now."""
    for command, output in steps(text):
        text = text.replace(f"$ {command}{output}", f"$ {command}{printed(command)}", 1)
    return text


if __name__ == "__main__":
    TUTORIAL.write_text(rewritten(TUTORIAL.read_text(encoding="utf-8")), encoding="utf-8")
