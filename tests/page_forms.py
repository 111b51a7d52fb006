"""The forms of a page, read as a browser without JavaScript reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = dict[str, str | None]


@dataclass
class PageForm:
    """One form. ``fields``: name and value of everything a browser would send if nothing were touched.

    ``names``: every named field, also those that are empty or not ticked; ``offered``: the values a choice has.
    """

    action: str
    method: str
    multipart: bool
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # name: type
    offered: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def value(self, name: str) -> str:
        """Return the first value of a field that would be sent; ``KeyError`` where none would."""
        return dict(reversed(self.fields))[name]

    def sent(self) -> dict[str, list[str]]:
        """Return what a browser would send, by name."""
        values: dict[str, list[str]] = {}
        for name, value in self.fields:
            values.setdefault(name, []).append(value)
        return values


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._open: PageForm | None = None
        self._select = self._area = ""
        self._typed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            multipart = given.get("enctype") == "multipart/form-data"
            self._open = PageForm(given.get("action") or "", (given.get("method") or "get").lower(), multipart)
            self.forms.append(self._open)
        elif self._open is not None:
            self._field(self._open, tag, given)

    def _field(self, form: PageForm, tag: str, given: Attributes) -> None:
        name = given.get("name") or ""
        if tag == "option" and self._select:
            self._option(form, given)
        elif tag == "input" and name:
            self._input(form, name, given)
        elif tag == "select":
            self._select = name
            form.names[name] = tag
        elif tag == "textarea":
            self._area, self._typed = name, []
            form.names[name] = tag
        elif tag == "button":
            form.buttons.append((name, given.get("value") or ""))

    def _input(self, form: PageForm, name: str, given: Attributes) -> None:
        kind, value = given.get("type") or "text", given.get("value") or ""
        form.names[name] = kind
        if kind in ("radio", "checkbox"):
            form.offered.setdefault(name, []).append(value or "on")
        if kind not in ("radio", "checkbox", "submit") or "checked" in given:
            form.fields.append((name, value))

    def _option(self, form: PageForm, given: Attributes) -> None:
        known = form.offered.setdefault(self._select, [])
        known.append(given.get("value") or "")
        if "selected" in given or len(known) == 1:
            form.fields = [(name, value) for name, value in form.fields if name != self._select]
            form.fields.append((self._select, known[-1]))

    def handle_data(self, data: str) -> None:
        if self._area:
            self._typed.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._area and self._open is not None:
            self._open.fields.append((self._area, "".join(self._typed).removeprefix("\n")))
            self._area = ""


def forms_of(page: str) -> list[PageForm]:
    """Return every form of an HTML page, in order."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms


def form_to(page: str, action: str) -> PageForm:
    """Return the form that sends to an address; ``LookupError`` where the page has none."""
    for form in forms_of(page):
        if form.action == action:
            return form
    raise LookupError(action)
