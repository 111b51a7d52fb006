"""Codes, days and moments as staff read them; templates use these as filters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from surveys.enrolment.fields import LABELS
from surveys.i18n import LazyText, format_day, ngettext
from surveys.i18n import gettext as _
from surveys.views.message_words import cause_words, channel_words, message_words

OFFSET = re.compile(r"([wmy])([1-9][0-9]?)")
STATES = {
    "sent": LazyText("answered"),
    "missed": LazyText("missed"),
    "waiting": LazyText("not open yet"),
    "open": LazyText("open"),
    "due": LazyText("due"),
    "overdue": LazyText("overdue"),
    "cancelled": LazyText("cancelled"),
    "planned": LazyText("planned"),
    "done": LazyText("done"),
}
OTHERS = {
    "phone_changed": LazyText("The telephone number was changed"),
    "address_freed": LazyText("Somebody with the same address or number has said that it is right"),
    "invitation": LazyText("Invitation"),
    "reminder_1": LazyText("1st reminder"),
    "reminder_2": LazyText("2nd reminder"),
    "reminder_3": LazyText("3rd reminder"),
    "phone_task": LazyText("Phone call"),
    "completed": LazyText("answered already"),
    "visit_cancelled": LazyText("the visit is cancelled"),
    "window_closed": LazyText("the window is over"),
    "ended": LazyText("contact or follow-up has ended"),
    "no_address": LazyText("no address or number"),
    "no_number": LazyText("no telephone number"),
    "no_permission": LazyText("no permission to write"),
    "guessed": LazyText("wrong years of birth closed the link"),
    "no_wording": LazyText("there are no questions in the patient's language"),
    "suppressed": LazyText("the address came back, or texts were stopped"),
    "address_bounced": LazyText("the address bounced"),
    "number_stopped": LazyText("no texts go to this number"),
    "number_refused": LazyText("no texts go to this number"),
    "nothing_sent": LazyText("wants no messages"),
    "too_soon": LazyText("too close upon another mail"),
    "overtaken": LazyText("a newer reminder was due and went instead"),
    "not_open": LazyText("the questionnaire is not open yet"),
    "quiet_hours": LazyText("outside the hours of sending"),
    "no_sending_day": LazyText("no messages on this day"),
    "paused": LazyText("the patient asked for a pause"),
    "nothing_due": LazyText("nothing is due on this day"),
    "all_gone": LazyText("every message about it has gone"),
    "held": LazyText("held back after a restore"),
    "one_a_day": LazyText("another message goes to this patient that day"),
    "contact_email": LazyText("E-mail"),
    "contact_sms": LazyText("Text messages"),
    "contact_phone": LazyText("Telephone"),
    "participation": LazyText("Participation"),
    "research": LazyText("Research use"),
    "public_aggregates": LazyText("Public figures"),
    "birth_year": LazyText("the year of birth did not fit"),
    "language": LazyText("there are no questions in the patient's language"),
    "erasure_wish": LazyText("wants to be erased"),
    "reminders_stopped": LazyText("Stop reminders"),
    "follow_up_stopped": LazyText("Stop follow-up, keep the data"),
    "consent_withdrawn": LazyText("Consent withdrawn"),
    "died": LazyText("Died"),
    "lost": LazyText("Lost to follow-up"),
    "surgery": LazyText("Operation"),
    "further_treatment": LazyText("Further treatment"),
    "rescue_injection": LazyText("Rescue injection"),
    "adverse_event": LazyText("Adverse event"),
    "pain_flare": LazyText("Flare of pain"),
    "infection": LazyText("Infection"),
    "bleeding_or_haematoma": LazyText("Bleeding or haematoma"),
    "nerve_symptoms": LazyText("Numbness or weakness"),
    "headache_or_dural_leak": LazyText("Headache or leak of spinal fluid"),
    "allergic_reaction": LazyText("Allergic reaction"),
    "thromboembolism": LazyText("Thrombosis or embolism"),
    "harvest_site_pain": LazyText("Pain where marrow or blood was taken"),
    "other_event": LazyText("Something else"),
    "unrelated": LazyText("unrelated"),
    "possible": LazyText("possibly related"),
    "probable": LazyText("probably related"),
    "definite": LazyText("definitely related"),
    "yes": LazyText("yes"),
    "no": LazyText("no"),
    "paper": LazyText("on paper"),
    "interview": LazyText("in an interview"),
    "tablet": LazyText("on the clinic's tablet"),
    "proxy": LazyText("by someone for the patient"),
    "self": LazyText("by the patient"),
    "self_with_help": LazyText("by the patient, with help"),
    "imported": LazyText("imported"),
    "email": LazyText("e-mail"),
    "sms": LazyText("text message"),
    "none": LazyText("nothing is sent"),
}
WORDS = {**LABELS, **OTHERS}


def words(code: str) -> str:
    """The words for a code of any list; an unknown one as it is, underlines as spaces."""
    return str(WORDS.get(code, code.replace("_", " ")))


def state_words(code: str) -> str:
    """The state of a visit or a treatment."""
    return str(STATES.get(code, code))


def visit_words(code: str) -> str:
    """A visit's name from its code; codes are those of the protocols, such as ``m3``."""
    if code == "baseline":
        return _("Baseline")
    if not (match := OFFSET.fullmatch(code)):
        return code.replace("-", " ").capitalize()
    number = int(match[2])
    return {
        "w": ngettext("%(num)d week", "%(num)d weeks", number),
        "m": ngettext("%(num)d month", "%(num)d months", number),
        "y": ngettext("%(num)d year", "%(num)d years", number),
    }[match[1]]


def day_words(day: date | datetime, zone: str = "UTC") -> str:
    """A date, or the date of a moment in a time zone."""
    return format_day(day.astimezone(ZoneInfo(zone)).date() if isinstance(day, datetime) else day)


def clock_words(at: datetime, zone: str) -> str:
    """The time of day of a moment in a time zone."""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def moment_words(at: datetime, zone: str) -> str:
    """A moment on the clock of a time zone."""
    return f"{day_words(at, zone)}, {at.astimezone(ZoneInfo(zone)):%H:%M}"


FILTERS: Mapping[str, Callable[..., str]] = {
    "words": words,
    "state": state_words,
    "message": message_words,
    "cause": cause_words,
    "channel": channel_words,
    "visit": visit_words,
    "day": day_words,
    "moment": moment_words,
    "clock": clock_words,
}
