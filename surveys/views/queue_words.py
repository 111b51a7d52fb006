"""What the work queue says: why somebody is to be called, what helps best, and how a call went."""

from __future__ import annotations

import re
from collections.abc import Mapping

from surveys.i18n import LazyText, ngettext
from surveys.i18n import gettext as _
from surveys.workqueue.calls import Call

REASONS: Mapping[str, LazyText] = {
    "phone": LazyText("Reminders are used up"),
    "no_channel": LazyText("No message can be sent"),
    "bounced": LazyText("Address or number does not work"),
    "unknown_handover": LazyText("A message may not have arrived"),
    "failed_message": LazyText("A message could not be handed over"),
    "birth_year": LazyText("Wrong year of birth closed the link"),
    "erasure_wish": LazyText("Wants to be erased"),
    "language": LazyText("No questions in the patient's language"),
    "left_alone": LazyText("Nothing more is planned"),
    "nothing_sent": LazyText("Wants no messages"),
    "no_address": LazyText("No e-mail address"),
    "no_number": LazyText("No telephone number"),
    "no_permission": LazyText("No permission to write"),
    "address_bounced": LazyText("E-mail came back"),
    "number_stopped": LazyText("Answered STOP to a text"),
    "number_refused": LazyText("The number takes no texts"),
}
ACTIONS: Mapping[str, LazyText] = {
    "new_link": LazyText("Call, make sure who is speaking, then give a new link."),
    "ask_permission": LazyText("Telephone calls are not allowed: ask at the next appointment."),
    "find_number": LazyText("Find the right telephone number first."),
    "mend_address": LazyText("Call, and correct the address or number."),
    "another_way": LazyText("Ask how the patient can be written to, and change the details."),
    "ask_language": LazyText("Call, and ask which language suits, or interview with an interpreter."),
    "remind_promise": LazyText("Promised to answer: ask once more, or interview now."),
    "another_hour": LazyText("Three calls in vain: try another time of day."),
    "finish_begun": LazyText("Has begun to answer: offer to finish on the telephone."),
    "interview": LazyText("Call, and offer to ask the questions on the telephone."),
}
OUTCOMES: Mapping[str, LazyText] = {
    "no_answer": LazyText("No answer"),
    "voicemail": LazyText("Left a message"),
    "reached": LazyText("Spoke, call again"),
    "promised": LazyText("Promised to answer"),
    "wrong_number": LazyText("Wrong number"),
    "declined": LazyText("Does not want to answer this time"),
    "interviewed": LazyText("Interviewed"),
    "other": LazyText("Something else"),
    "link_reissued": LazyText("New link given"),
}


def reason_words(code: str) -> str:
    """Why the queue has a line."""
    return str(REASONS.get(code, code.replace("_", " ")))


def step_words(code: str) -> str:
    """The best next step, as a sentence."""
    return str(ACTIONS.get(code, code.replace("_", " ")))


def outcome_words(code: str) -> str:
    """How a call went."""
    return str(OUTCOMES.get(code, code.replace("_", " ")))


def left_words(call: Call) -> str:
    """How long the window takes answers."""
    if call.days_left <= 0:
        return _("last day")
    return ngettext("%(num)d day left", "%(num)d days left", call.days_left)


def dial(phone: str) -> str:
    """A telephone number as a link dials it: digits, and a plus before them."""
    return re.sub(r"(?!^\+)[^0-9]", "", phone.strip())
