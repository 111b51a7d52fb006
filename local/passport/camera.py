"""Pictures that are the same whenever the screen is: nothing moves, no caret blinks, the clock stands on one day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from local.passport.screens import Shot, Size
from surveys.wordings import Wording

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SHARPNESS = 1.5  # pixels of the picture to a CSS pixel: sharp on A4, and the book can still be mailed
PATIENCE = 60_000  # milliseconds
SHOWN = "document.title + '\\n' + document.body.innerText"


@dataclass
class Camera:
    """One browser window in one language, and what it has seen."""

    page: Page
    language: str
    sizes: tuple[Size, ...]
    folder: Path
    tell: Callable[[str], None]
    shots: list[Shot] = field(default_factory=list)

    def take(self, screen: str, *, wording: Wording | None = None, layout: str = "page") -> None:
        """Keep the screen that is shown, in every size."""
        self.tell(f"{self.language} {screen}")
        self.page.mouse.move(0, 0)  # away from what would look otherwise beneath it
        shown = {"wording": wording.wording_id, "wording_hash": wording.hash} if wording else {}
        for size in self.sizes:
            self.shots.append(self._shot(screen, size, {"wording": "", "wording_hash": "", **shown, "layout": layout}))

    def _shot(self, screen: str, size: Size, known: Mapping[str, str]) -> Shot:
        self.page.set_viewport_size({"width": size.width, "height": size.height})
        name = f"{self.language}-{size}-{screen.replace(' ', '-')}.png"
        picture = self.page.screenshot(full_page=True, animations="disabled", caret="hide")
        (self.folder / name).write_bytes(picture)
        return Shot(
            screen=screen,
            address=_without_token(self.page.url),
            language=self.language,
            size=str(size),
            words=_lines(str(self.page.evaluate(SHOWN))),
            picture=sha256(picture).hexdigest(),
            file=name,
            **known,
        )


def _lines(shown: str) -> str:
    return "\n".join(line for each in shown.splitlines() if (line := " ".join(each.split())))


def _without_token(url: str) -> str:
    """The path; a link's token is another one each time."""
    path = "/" + url.split("/", 3)[3]
    if not path.startswith("/q/"):
        return path
    return "/".join(["/q", "TOKEN", *path.split("/")[3:]])


@contextmanager
def camera(
    browser: Browser, language: str, sizes: tuple[Size, ...], folder: Path, tell: Callable[[str], None]
) -> Iterator[Camera]:
    """Yield a camera in a window of its own."""
    context = browser.new_context(
        locale=language,
        timezone_id="UTC",
        color_scheme="light",
        reduced_motion="reduce",
        has_touch=True,
        device_scale_factor=SHARPNESS,
    )
    context.set_default_timeout(PATIENCE)
    try:
        yield Camera(context.new_page(), language, sizes, folder, tell)
    finally:
        context.close()
