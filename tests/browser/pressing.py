"""Buttons that lead to another page of the server."""

from __future__ import annotations

from playwright.sync_api import Page


def press(page: Page, button: str) -> None:
    """Press it; return when the page that answers is there: a click alone returns while the old one still is."""
    with page.expect_navigation():
        page.locator(button).click()
