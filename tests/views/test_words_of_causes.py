"""Every reason that the code can write into a message has words: read from the source, so that a new one is missed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from surveys.models import Message
from surveys.models.episode import ENDINGS
from surveys.views.life_cycle import story
from surveys.views.message_words import CAUSES

ROOT = Path(__file__).resolve().parents[2] / "surveys"
WRITERS = {"cancel_waiting": 9, "_set_cancelled": 2, "_refused": 2, "Refusal": 0, "values": 9}  # the reason's place
COLUMNS = ("cause", "refusal")
DECIDING = ("outbox/eligibility.py", "outbox/send_times.py", "outbox/planning.py")  # return a reason
REASON = re.compile(r"[a-z]+(_[a-z]+)*")
BY_TRIGGER = re.compile(r"NEW\.cause := '(\w+)'")


def texts(node: ast.AST | None) -> Iterator[str]:
    for each in ast.walk(node) if node else ():
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and REASON.fullmatch(each.value):
            yield each.value


def of_call(node: ast.Call) -> Iterator[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in WRITERS:
        for at, given in enumerate(node.args):
            yield from texts(given) if at == WRITERS[name] and isinstance(given, ast.Constant) else ()
        for named in node.keywords:
            yield from texts(named.value) if named.arg in COLUMNS else ()


def of_dict(node: ast.Dict) -> Iterator[str]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and key.value in COLUMNS:
            yield from texts(value) if isinstance(value, ast.Constant) else ()


def of_decision(node: ast.Return | ast.IfExp) -> Iterator[str]:
    values: list[ast.expr | None] = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node.value]
    for value in values:
        yield from texts(value) if isinstance(value, ast.Constant) else ()


def written() -> set[str]:
    found = set(ENDINGS)  # an ending cancels under its own name
    for path in ROOT.rglob("*.py"):
        if path.is_relative_to(ROOT / "demo"):
            continue
        name, source = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        if name.startswith("migrations/"):
            found |= set(BY_TRIGGER.findall(source))
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call):
                found |= set(of_call(node))
            elif isinstance(node, ast.Dict):
                found |= set(of_dict(node))
            elif isinstance(node, ast.Return | ast.IfExp) and name in DECIDING:
                found |= set(of_decision(node))
    return found


def test_the_source_is_read() -> None:
    of_each_kind = {"completed", "replanned", "reviewed", "erased", "not_recorded", "relay_failed", "bounced", "died"}
    waits = {"not_open", "paused", "quiet_hours", "no_sending_day", "one_a_day", "guessed", "suppressed", "no_address"}
    assert of_each_kind | waits | {"window_closed", "visit_cancelled", "too_soon", "overtaken"} <= written()


def test_every_reason_has_words() -> None:
    assert written() - set(CAUSES) == set()


@pytest.mark.parametrize(("cause", "said"), [("paused", "a pause"), ("no_sending_day", "those days"), (None, "go.")])
def test_what_expired_says_why(app: Flask, cause: str | None, said: str) -> None:
    with app.test_request_context():
        told = story(Message(state="expired", cause=cause), "UTC")
    assert "the window was over" in told
    assert said in told
