"""The command ``responders``, run in this process."""

from __future__ import annotations

import pytest

from scoring.__main__ import main


def run(capfdbinary: pytest.CaptureFixture[bytes], *arguments: str) -> str:
    assert main(["responders", *arguments]) == 0
    return capfdbinary.readouterr().out.decode()


def refusal(capfdbinary: pytest.CaptureFixture[bytes], *arguments: str) -> str:
    assert main(["responders", *arguments]) == 2
    return capfdbinary.readouterr().err.decode()
