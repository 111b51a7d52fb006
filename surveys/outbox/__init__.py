"""The outbox: rows in PostgreSQL are the queue, and every one ends in exactly one explained state."""

from surveys.outbox.planning import cancel_waiting, plan, resend

__all__ = ["cancel_waiting", "plan", "resend"]
