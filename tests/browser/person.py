"""A patient who does what each page asks, and opens the link again where the browser has only an error to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from playwright.sync_api import Error

from tests.browser.tab import COMING, Tab
from tests.servers.processes import wait_until

SHOWN = """() => {
  const main = document.querySelector("main"), item = main && main.querySelector("form[data-item]");
  if (location.protocol === "chrome-error:") return "an error of the browser";
  if (!main || document.readyState === "loading") return "";
  if (item) return item.getAttribute("action");
  if (main.querySelector("#respondent-self")) return "landing";
  if (main.querySelector("#year")) return "year of birth";
  if (main.querySelector("form[data-send]")) return "review";
  if (location.pathname === "/s/practice") return "practice";
  if (location.pathname === "/s/done") return "thanks";
  return main.querySelector("h1") ? "over" : "";
}"""
CUT = "an error of the browser"
ENDS = ("thanks", "over")
BEFORE, AFTER = ("landing", "year of birth", "practice"), ("review", "thanks")
BORN = 1951
Act = Callable[["Person", str], None]
WORDS = "document.querySelector('script[data-unsaved]').dataset.unsaved"


@dataclass
class Person:
    """``levels``: what the patient answers, by the address of the item. ``left``: the page just confirmed.

    ``reads``: called with each page before it is filled in.
    """

    link: str
    levels: Mapping[str, int]
    tab: Tab
    left: str = ""
    reads: Act | None = None

    def opens_link(self) -> None:
        """Open the link, whatever becomes of it."""
        self.left = ""
        with suppress(Error):
            self.tab.page.goto(self.link)

    def sees(self) -> str:
        """Wait for another page than the one just confirmed, and return which it is."""
        seen: list[str] = []
        wait_until(lambda: self._sees_another(seen), f"a page after {self.left or 'the link'}", 60)
        return seen[-1]

    def _sees_another(self, seen: list[str]) -> bool:
        shown = self._shown()
        if shown == CUT:
            self.opens_link()
        seen.append(shown)
        return shown not in ("", CUT, self.left)

    def _shown(self) -> str:
        try:
            return str(self.tab.page.evaluate(SHOWN))
        except Error:  # the page is just being replaced
            return ""

    def fills(self, page: str) -> None:
        """Read the page, and choose or type what it asks for; nothing is confirmed."""
        if self.reads:
            self.reads(self, page)
        main = self.tab.page.locator("main")
        if page in self.levels:
            box, row = main.locator("#answer"), main.locator(f"#answer-{self.levels[page]}")
            box.fill(str(self.levels[page])) if box.count() else row.check()
        elif page == "practice":
            main.locator("#answer-2").check()
        elif page == "year of birth":
            main.locator("#year").fill(str(BORN))
        for name in ("#respondent-self", "#consent"):
            if main.locator(name).count():
                main.locator(name).check()

    def confirms(self, page: str) -> None:
        """Press the page's button, and wait for nothing; at the end there is none, and it is loaded again."""
        self.left = "" if page in ENDS else page
        with suppress(Error):
            if page in ENDS:
                self.tab.page.reload()
            else:
                self.tab.page.locator("main button.primary").click(no_wait_after=True)

    def goes_on(self, page: str, further: int, *, once: Callable[[], None]) -> int:
        """Confirm, and so many items more where they are there without a line; return how many were confirmed.

        ``once``: what happens to the line when the items to come are there, as they are a moment after their page.
        """
        done, rest = 1, self._has_the_rest(page)
        once()
        self.confirms(page)
        while rest and done <= further and page != list(self.levels)[-1]:
            page = self.sees()
            self.fills(page)
            self.confirms(page)
            done += 1
        if page in self.levels and self.tab.scripts:
            self.tab.says(str(self.tab.page.evaluate(WORDS)))
        return done

    def _has_the_rest(self, page: str) -> bool:
        """Whether the items to come are there once the page is complete, so that it goes on without a line."""
        ahead = self.tab.page.locator('form[data-item^="/s/ahead"], .line[data-coming]')
        if page not in self.levels or not self.tab.scripts or not ahead.count():
            return False
        wait_until(lambda: bool(self.tab.page.evaluate(COMING)), "the items to come")
        return True

    def is_told(self) -> None:
        """Wait for what follows, and until nothing is left to be saved."""
        self.sees()
        self.tab.is_empty()

    def walks(self, acts: Mapping[str, Act]) -> str:
        """Go from the link to the end and return how it ended; ``acts``: what happens, once, instead of confirming."""
        waiting = dict(acts)
        self.opens_link()
        while (page := self.sees()) not in ENDS:
            self.fills(page)
            waiting.pop(page, Person.confirms)(self, page)
        if page in waiting:
            waiting[page](self, page)
            page = self.sees()
        return page
