"""What carries texts and brings mail back: the gateway and the mailbox, where they are set up."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from surveys.access.clinics import every_clinic
from surveys.channels.gateway import NEAR
from surveys.db import app_now, clinic_session
from surveys.models import Clinic
from surveys.outbox.unserved import count_choosing, count_due
from tasks import returned_mail, sms
from tasks.channels import RelayUnreachableError
from tasks.doctor.database import is_up
from tasks.doctor.finding import Finding, bad, ok, warn
from tasks.doctor.sending import settings


def check_texts() -> Iterator[Finding]:
    """Connect to the text gateway as a worker does; no text is sent."""
    gateway = settings().sms
    if gateway is None:
        yield from _without_gateway()
        return
    try:
        encrypted = sms.greet(gateway)
    except RelayUnreachableError as error:
        yield bad("texts", f"the gateway cannot be reached ({error})", "Correct SMS_URL, or ask who runs the gateway.")
        return
    near = urlsplit(gateway.url).hostname in NEAR
    if encrypted or near:
        taken = f"what it answers with 2xx{' and SMS_OK' if gateway.taken else ''} counts as taken"
        yield ok("texts", f"the gateway answers, {'encrypted' if encrypted else 'on this machine'}; {taken}")
    else:
        yield warn("texts", "the gateway answers, not encrypted", "Use https:// in SMS_URL.")
    if not gateway.stop_token:
        remedy = "Set SMS_STOP_TOKEN and let the gateway post replies to /sms/stop/TOKEN."
        yield warn("stop", "replies to texts are not taken, so STOP stops nobody", remedy)


def _without_gateway() -> Iterator[Finding]:
    """Who is to be written to by text all the same, as after a setting was lost."""
    nobody = ok("texts", "no gateway is set up: nobody can be written to by text")
    if not is_up():
        yield nobody
        return
    patients, due = _who_waits()
    remedy = "Set SMS_URL, or let staff ask these patients for another way; each whose text is due stands under Calls."
    words = f"no gateway is set up, and {patients} patients chose texts; {due} texts are due and wait"
    if not patients and not due:
        yield nobody
    else:
        yield (bad if due else warn)("texts", words, remedy)


def _who_waits() -> tuple[int, int]:
    """Patients who chose texts and texts that are due, over all clinics."""
    patients = due = 0
    for clinic_id in every_clinic():
        with clinic_session(clinic_id) as session:
            clinic = session.get_one(Clinic, clinic_id)
            patients += count_choosing(session, clinic, "sms")
            due += count_due(session, clinic, "sms", now=app_now(session))
    return patients, due


def check_mailbox() -> Iterator[Finding]:
    """Sign in to the mailbox of returned mail as the worker does; nothing is read."""
    url = settings().bounce_imap_url
    if not url:
        remedy = "Set BOUNCE_IMAP_URL, or let the mail server pipe to: flask --app wsgi messages bounces --pipe"
        words = "no mailbox is read; mail that comes back is not seen unless it is piped in"
        yield warn("bounces", words, remedy) if settings().environment == "production" else ok("bounces", words)
        return
    try:
        returned_mail.greet(url)
    except returned_mail.MailboxTroubleError as error:
        yield bad("bounces", f"the mailbox cannot be read ({error})", "Correct BOUNCE_IMAP_URL.")
        return
    yield ok("bounces", "the mailbox of returned mail opens")
