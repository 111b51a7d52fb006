"""The outbox: rows in PostgreSQL are the queue, and every one ends in exactly one explained state."""

from surveys.outbox.claiming import Claim, claim, release
from surveys.outbox.eligibility import Refusal, eligibility
from surveys.outbox.planning import cancel_waiting, plan
from surveys.outbox.resending import ResendError, ResendTooSoonError, resend
from surveys.outbox.sending import Begun, Companion, Sendable, begin_batch, begin_sending, put_off
from surveys.outbox.settling import Outcome, Settled, give_back, settle, settle_all, settle_lost
from surveys.outbox.situation import Situation, situation, situations
from surveys.outbox.unserved import ask_instead

__all__ = [
    "Begun",
    "Claim",
    "Companion",
    "Outcome",
    "Refusal",
    "ResendError",
    "ResendTooSoonError",
    "Sendable",
    "Settled",
    "Situation",
    "ask_instead",
    "begin_batch",
    "begin_sending",
    "cancel_waiting",
    "claim",
    "eligibility",
    "give_back",
    "plan",
    "put_off",
    "release",
    "resend",
    "settle",
    "settle_all",
    "settle_lost",
    "situation",
    "situations",
]
