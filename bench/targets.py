"""What is loaded on each server: prepared requests, one endless script per connection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from bench.browser import Browser, get_bytes, hidden_fields, post_bytes
from bench.servers import Server
from bench.stage import Stage
from scoring.instrument import Item
from surveys.answering.battery import Screen

Scripts = Sequence[Iterator[bytes]]
PATIENT, STAFF = "__Host-patient", "__Host-staff"


@dataclass(frozen=True)
class Target:
    """Requests for one server and the status that each must bring."""

    server: Server
    scripts: Scripts
    expected: int


@dataclass(frozen=True)
class Sitting:
    """One patient's browser after Start: its cookie and the filled-in form of every screen, at two levels."""

    cookie: str
    pages: tuple[bytes, ...]
    answers: tuple[bytes, ...]


def sit(server: Server, stage: Stage, token: str) -> Sitting:
    """Open the mailed link, consent, start, and read the form of every screen."""
    browser = Browser(server.port)
    browser.post(f"/q/{token}", {"respondent": "self", "consent": "1"})
    forms = [(screen, hidden_fields(browser.get(_path(screen)))["token"]) for screen in stage.screens]
    browser.close()
    posts = [_answer(screen, proof, step, browser.cookie) for step in (0, 1) for screen, proof in forms]
    pages = tuple(get_bytes(_path(screen), browser.cookie) for screen in stage.screens)
    return Sitting(browser.cookie, pages, tuple(posts))


def _answer(screen: Screen, proof: str, step: int, cookie: str) -> bytes:
    """Each lap gives the other level, so that every post is a new version and none a retry."""
    fields = {"token": proof, "answer": str(_level(screen.item, step)), "action": "save"}
    return post_bytes(_path(screen), fields, cookie)


def _level(item: Item, step: int) -> int:
    return item.minimum + step


def _path(screen: Screen) -> str:
    return f"/s/{screen.instrument}/{screen.position}"


def deal(requests: Sequence[Sequence[bytes]], connections: int) -> Scripts:
    """Deal browsers out to connections, each repeating its own browsers' requests screen by screen."""
    hands = [requests[start::connections] for start in range(connections)]
    return [cycle([one for turn in zip(*hand, strict=True) for one in turn]) for hand in hands]


def item_page(server: Server, sittings: Sequence[Sitting], connections: int) -> Target:
    """GET of every screen."""
    return Target(server, deal([each.pages for each in sittings], connections), 200)


def answers(server: Server, sittings: Sequence[Sitting], connections: int) -> Target:
    """POST of an answer to every screen with its signed token."""
    return Target(server, deal([each.answers for each in sittings], connections), 303)


def same_page(server: Server, path: str, cookie: str, connections: int) -> Target:
    """GET of one address."""
    request = get_bytes(path, cookie)
    return Target(server, [cycle([request]) for _number in range(connections)], 200)


def raw_answers(server: Server, stage: Stage, connections: int) -> Target:
    """POST to the program without Flask, into the same responses."""
    item = stage.screens[0].item
    posts = [
        [
            post_bytes("/", {"response": str(each), "item": item.code, "answer": str(_level(item, step))})
            for step in (0, 1)
        ]
        for each in stage.responses
    ]
    return Target(server, deal(posts, connections), 303)


def stock_answers(server: Server, connections: int) -> Target:
    """POST of a stock form with the token of its own session."""
    return Target(server, [cycle(_stock(server, number)) for number in range(1, connections + 1)], 303)


def _stock(server: Server, number: int) -> list[bytes]:
    browser = Browser(server.port)
    hidden = hidden_fields(browser.get(f"/{number}"))
    browser.close()
    return [post_bytes(f"/{number}", {**hidden, "answer": str(step)}, browser.cookie) for step in (0, 1)]
