"""Messages as staff read of them: how each goes, what became of it, and why."""

from __future__ import annotations

from surveys.i18n import LazyText

MESSAGES = {
    "planned": LazyText("planned"),
    "claimed": LazyText("about to go"),
    "sending": LazyText("being sent"),
    "held": LazyText("held back"),
    "sent": LazyText("sent"),
    "refused": LazyText("not sent"),
    "cancelled": LazyText("cancelled"),
    "expired": LazyText("expired"),
    "unknown": LazyText("unknown whether it arrived"),
}
CHANNELS = {
    "email": LazyText("e-mail"),
    "sms": LazyText("text message"),
    "staff": LazyText("task for staff"),
}
CAUSES = {  # why a message was refused, cancelled or let expire
    "completed": LazyText("the answers had arrived"),
    "visit_cancelled": LazyText("the visit was cancelled"),
    "window_closed": LazyText("the window was over"),
    "ended": LazyText("contact or follow-up has ended"),
    "no_address": LazyText("there is no address or number"),
    "no_permission": LazyText("the patient has not allowed it"),
    "suppressed": LazyText("the address bounced before, or its owner said stop"),
    "bounced": LazyText("the address does not exist (bounced)"),
    "guessed": LazyText("wrong years of birth had closed the link"),
    "no_wording": LazyText("there were no questions in the patient's language"),
    "too_soon": LazyText("too close upon another message"),
    "overtaken": LazyText("a later reminder was due as well"),
    "relay_failed": LazyText("five tries failed"),
    "relay_rejected": LazyText("the relay refused this message for good"),
    "replanned": LazyText("the visit was planned anew"),
    "reviewed": LazyText("somebody cancelled it after a restore"),
    "erased": LazyText("the person was erased"),
    "merged": LazyText("the record was merged into another"),
    "not_recorded": LazyText("the reason was not kept"),
    "not_open": LazyText("the questionnaire was not open yet"),
    "paused": LazyText("the patient had asked for a pause"),
    "quiet_hours": LazyText("outside the hours of sending"),
    "no_sending_day": LazyText("the clinic sent nothing on those days"),
    "one_a_day": LazyText("another message had gone to the patient that day"),
    "reminders_stopped": LazyText("the patient wants no reminders"),
    "follow_up_stopped": LazyText("follow-up was stopped"),
    "consent_withdrawn": LazyText("consent was withdrawn"),
    "died": LazyText("the patient has died"),
    "lost": LazyText("the patient is lost to follow-up"),
}


def message_words(code: str) -> str:
    """The state of a message."""
    return str(MESSAGES.get(code, code))


def cause_words(code: str) -> str:
    """Why a message was refused, cancelled or let expire."""
    return str(CAUSES.get(code, code.replace("_", " ")))


def channel_words(code: str) -> str:
    """How a message goes."""
    return str(CHANNELS.get(code, code))
