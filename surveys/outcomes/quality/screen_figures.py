"""The figures on how the screens were used: their times, changes and declines, devices and drawings."""

from __future__ import annotations

from surveys.i18n import gettext as _
from surveys.outcomes.figure import Figure
from surveys.outcomes.quality import screen_rows as rows_of
from surveys.outcomes.quality.answer_rows import declined_shares
from surveys.outcomes.quality.maker import Maker
from surveys.outcomes.quality.reading import Rows
from surveys.outcomes.quality.screen_rows import dimension_shares


def time_figures(make: Maker, rows: Rows) -> list[Figure]:
    """How long the screens took."""
    shown = _("From the moment the screen was shown to the answer's confirmation, by patients;")
    return [
        make.spans(
            "screen-times",
            _("Time per screen"),
            shown + " " + _("the bar holds the middle half, the line is the median."),
            _("Item"),
            rows_of.screen_spans(rows_of.in_order(rows["items"])),
            top=True,
        ),
        make.spans(
            "questionnaire-times",
            _("Time per questionnaire"),
            _("All its screens together, come-backs included; only where each screen's time is known."),
            _("Questionnaire"),
            rows_of.questionnaire_spans(rows["questionnaires"]),
        ),
        make.spans(
            "layout-times",
            _("Time per screen by its drawing"),
            _("A drawing's number rises whenever the drawing changes."),
            _("Drawing"),
            rows_of.dimension_spans(rows["dimensions"], "layout"),
        ),
    ]


def use_figures(make: Maker, rows: Rows) -> list[Figure]:
    """What patients did on them."""
    items, item = rows_of.in_order(rows["items"]), _("Item")
    watched = _("Of the screens on which the browser's scripts ran.")
    return [
        make.shares(
            "changes",
            _("Choice changed before it was confirmed"),
            watched,
            item,
            rows_of.item_shares(items, "changed"),
            top=True,
        ),
        make.shares(
            "returns", _("Screens come back to"), watched, item, rows_of.item_shares(items, "returned"), top=True
        ),
        make.shares(
            "slips",
            _("Mis-taps by device and height of the rows"),
            _("Answers with a correction to the neighbouring row within 1.5 seconds, of those given on rows."),
            _("Device and height"),
            rows_of.slip_shares(rows["slips"]),
        ),
        make.shares(
            "declines",
            _("Questions not answered by choice"),
            _("Answers that stand: “I do not want to answer this”, of all that were answered or declined."),
            item,
            declined_shares(rows["levels"]),
            top=True,
        ),
    ]


def screen_figures(make: Maker, rows: Rows) -> list[Figure]:
    """On what they were seen."""
    found = rows["dimensions"]
    known = _("Of the screens for which it is known.")
    return [
        make.shares("layouts", _("Drawing of the screens"), known, _("Drawing"), dimension_shares(found, "layout")),
        make.shares(
            "devices",
            _("Devices, and visits with more than one kind"),
            _("Touched screens are phones below 600 px on the shorter side, else tablets; any other is a computer."),
            _("Device"),
            [*dimension_shares(found, "device"), *rows_of.switch_shares(rows["switches"][0])],
        ),
        make.shares("viewports", _("Width of the window"), known, _("Width"), dimension_shares(found, "width_band")),
        make.shares(
            "conditions",
            _("How the screens were seen and sent"),
            known + " " + _("A page that the browser translated does not show the wording that was checked."),
            _("What"),
            [
                rows_of.flag_share(found, "translated", True, _("Translated by the browser")),
                rows_of.flag_share(found, "queued", True, _("Confirmed offline, sent later")),
                rows_of.flag_share(found, "orientation", "landscape", _("Held in landscape")),
                *dimension_shares(found, "text_band"),
            ],
        ),
        make.shares("versions", _("Version of Backstory"), known, _("Version"), dimension_shares(found, "app_version")),
    ]
