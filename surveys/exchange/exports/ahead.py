"""One step ahead: while a batch is written, the database is asked for the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Every item, each made in a thread of its own while the one before it is in use; what breaks there breaks here."""
    rest, context = iter(items), copy_context()

    def one() -> Item | None:
        return next(rest, None)

    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(context.run, one)
        while (item := following.result()) is not None:
            following = thread.submit(context.run, one)
            yield item
