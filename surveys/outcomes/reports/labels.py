"""The document's own words: headings and what stands in its margins."""

from __future__ import annotations

from surveys.i18n import gettext as _


def labels() -> dict[str, str]:
    """In the language of whoever asked."""
    return {
        "report": _("Outcomes report"),
        "contents": _("Contents"),
        "summary": _("Summary"),
        "flow": _("Who stands behind the rates"),
        "methods": _("Methods"),
        "items": _("By the items of CONSORT-PRO"),
        "statistics": _("Statistics"),
        "words": _("What the columns count"),
        "windows": _("Windows"),
        "rules": _("Rules"),
        "measures": _("Measures"),
        "dictionary": _("Data dictionary"),
        "hashes": _("Origin and hashes"),
        "figure": _("Figure"),
        "figures": _("Figures"),
        "column": _("Column"),
        "kind": _("Kind"),
        "meaning": _("Meaning"),
        "values": _("Values"),
        "rule": _("Rule"),
        "code": _("Code"),
        "source": _("Published source"),
        "measure": _("Measure"),
        "instrument": _("Instrument"),
        "range": _("Range"),
        "missing": _("Where items are missing"),
        "timepoint": _("Timepoint"),
        "window": _("Window in which an answer counts"),
        "page": _("Page"),
        "of": _("of"),
        "rows": _("Rows"),
        "data_as_of": _("Data as of"),
        "figure_columns": _("Columns of the figures' files (CSV)"),
        "export_columns": _("Columns of an export of the same patients, de-identified; in English, as in the files"),
        "inside": _("For use inside the clinic: small groups are shown, and not suppressed as on a public page."),
        "input": _(
            "All numbers and texts of this report lie in the file report.json that is attached to this PDF. Its "
            "SHA-256:"
        ),
        "same_bytes": _("The same data, of the same moment, give the same file byte for byte."),
        "boxes": _("A letter that the report's type lacks stands as □; report.json has it."),
        "each_figure": _(
            "SHA-256 of the judged rows behind each figure; the dashboard shows its first eight digits beside the "
            "figure, the CSV all."
        ),
        "nobody": _("There is nobody to count, so there is no flow and no figure."),
    }
