"""The fixed, clinic-approved safety wording: the same for every patient, on screens and in mail."""

from __future__ import annotations

from surveys.i18n import LazyText

NOT_WATCHED = LazyText("Nobody reads your answers straight away. This is not a service for emergencies.")
SAFETY = LazyText(
    "Get emergency care now if you notice new numbness between your legs, new trouble with your bladder or bowel,"
    " or new weakness in a leg."
)
