"""An e-mail address as a page may show it to whoever holds a link."""

from __future__ import annotations


def masked(address: str) -> str:
    """Return ``a•••@e•••.org``: its owner knows it, and nobody else can write to it."""
    name, _, domain = address.rpartition("@")
    host, _, ending = domain.rpartition(".")
    return f"{name[:1]}•••@{host[:1]}•••.{ending}" if host else f"{name[:1]}•••@{domain[:1]}•••"
