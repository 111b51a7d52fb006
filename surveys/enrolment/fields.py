"""The kinds of entries that staff forms are made of, and the words for codes."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import Field, Form, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from surveys.i18n import LazyText
from surveys.i18n import gettext as _

LABELS = {
    "treated": LazyText("Treated"),
    "disc_herniation": LazyText("Disc herniation"),
    "annular_tear": LazyText("Annular tear"),
    "bulge": LazyText("Disc bulge"),
    "degeneration": LazyText("Disc degeneration"),
    "stenosis": LazyText("Stenosis"),
    "facet": LazyText("Facet joint"),
    "si_joint": LazyText("Sacroiliac joint"),
    "muscle_or_ligament": LazyText("Muscle or ligament"),
    "bone_marrow_concentrate": LazyText("Bone marrow concentrate"),
    "prp": LazyText("Platelet-rich plasma"),
    "platelet_lysate": LazyText("Platelet lysate"),
    "cultured_cells": LazyText("Cultured cells"),
    "conventional": LazyText("Conventional care (decision date)"),
    "other": LazyText("Other"),
}


def label(code: str) -> str:
    """The words staff read for a code."""
    return str(LABELS.get(code, code.replace("_", " ")))


def strip(value: str | None) -> str | None:
    """Without outer spaces; nothing left is None."""
    return (value or "").strip() or None


def plain(_form: Form, field: Field) -> None:
    """Refuse control characters, directions and halves of characters, which no name has."""
    if any(not (ch.isprintable() or ch == "\u00ad") or 0xD800 <= ord(ch) <= 0xDFFF for ch in field.data or ""):
        raise ValidationError(_("This holds characters that cannot be stored. Type it again by hand."))


def text_field(longest: int, *, required: bool = False) -> StringField:
    """A line of text without outer spaces."""
    needed = InputRequired(_("Fill this in.")) if required else Optional()
    return StringField(filters=[strip], validators=[needed, Length(max=longest), plain])


def choice(codes: Sequence[str], *, unknown: bool = False) -> SelectField:
    """One of the codes, named in the reader's language; ``unknown`` also allows none."""

    def offered() -> list[tuple[str, str]]:
        first = [("", _("not known"))] if unknown else []
        return [*first, *((code, label(code)) for code in codes)]

    return SelectField(choices=offered, default="" if unknown else None)
