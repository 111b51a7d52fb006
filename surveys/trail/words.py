"""What an audit row says, in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any
from uuid import UUID

from surveys.enrolment.fields import LABELS
from surveys.i18n import LazyText, format_day
from surveys.i18n import gettext as _
from surveys.models import AuditEvent

DAY = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
HASH = re.compile(r"[0-9a-f]{64}")
ACTIONS: Mapping[str, LazyText] = {
    "address_suppressed": LazyText("Stopped mail to an address that came back"),
    "alert_acknowledged": LazyText("Acknowledged an alert"),
    "alert_escalated": LazyText("Gave an alert to the deputy"),
    "alert_raised": LazyText("Raised an alert"),
    "amended": LazyText("Amended an answer"),
    "answers_imported": LazyText("Took in past answers from a file"),
    "attempt_logged": LazyText("Logged a call"),
    "care_corrected": LazyText("Corrected diagnosis or clinician"),
    "claim_made": LazyText("Made a statement of outcomes"),
    "claim_published": LazyText("Chose what stands on the public page"),
    "claim_rows_fetched": LazyText("Downloaded the rows of a statement"),
    "claim_signed": LazyText("Signed a statement of outcomes"),
    "claim_stale": LazyText("Found a statement stale: answers behind it changed"),
    "claim_stands_again": LazyText("Found a statement's answers as they were"),
    "claim_withdrawn": LazyText("Withdrew a statement of outcomes"),
    "clinic_opened": LazyText("Opened the clinic"),
    "cohort_brought_back": LazyText("Brought a saved choice of patients back"),
    "cohort_retired": LazyText("Retired a saved choice of patients"),
    "cohort_saved": LazyText("Saved a choice of patients"),
    "code_used": LazyText("Opened a questionnaire on the clinic's tablet"),
    "confirmed_identity": LazyText("Confirmed who they are"),
    "consent_given": LazyText("Recorded a permission"),
    "consent_withdrawn": LazyText("Withdrew a permission"),
    "disabled": LazyText("Disabled an account"),
    "enabled": LazyText("Enabled an account"),
    "ending_recorded": LazyText("Recorded an ending"),
    "ending_revoked": LazyText("Took an ending back"),
    "endpoint_recorded": LazyText("Recorded an event"),
    "entered": LazyText("Entered answers"),
    "erased": LazyText("Erased a person"),
    "erasure_agreed": LazyText("Agreed to an erasure"),
    "entry_begun": LazyText("Began to enter answers"),
    "episode_migrated": LazyText("Moved an episode to a newer protocol"),
    "episode_opened": LazyText("Opened an episode"),
    "visit_unscheduled": LazyText("Began a questionnaire that nobody planned"),
    "exported_person": LazyText("Exported everything kept of a person"),
    "export_asked": LazyText("Asked for an export"),
    "export_cancelled": LazyText("Cancelled an export"),
    "export_fetched": LazyText("Downloaded an export"),
    "export_made": LazyText("Made an export"),
    "report_asked": LazyText("Asked for a report"),
    "report_cancelled": LazyText("Cancelled a report"),
    "report_fetched": LazyText("Downloaded a report"),
    "report_made": LazyText("Made a report"),
    "figures_read": LazyText("Read the clinic's figures"),
    "finalised_unsent": LazyText("Closed a questionnaire that was not sent"),
    "goal_rated": LazyText("Recorded how far a goal is reached"),
    "public_page_changed": LazyText("Opened, closed or renamed the public page"),
    "signing_key_made": LazyText("Made a key that signs the public page"),
    "goal_set": LazyText("Set a patient's goal"),
    "handover_unknown": LazyText("Could not tell whether a mail arrived"),
    "identity_linked": LazyText("Linked an institution's account"),
    "identity_unlinked": LazyText("Unlinked an institution's account"),
    "index_date_corrected": LazyText("Corrected the index date"),
    "index_date_set": LazyText("Set the index date"),
    "invitation_accepted": LazyText("Accepted an invitation"),
    "invited": LazyText("Invited a member of staff"),
    "invited_again": LazyText("Invited a member of staff again"),
    "keys_rotated": LazyText("Changed the encryption key"),
    "link_closed": LazyText("Closed a link"),
    "link_reissued": LazyText("Sent a new link"),
    "link_shown": LazyText("Showed a code for the tablet"),
    "message_cancelled": LazyText("Cancelled a message"),
    "opioids_recorded": LazyText("Recorded the opioids a patient takes"),
    "opioids_withdrawn": LazyText("Took back what was recorded about opioids"),
    "messages_paused": LazyText("Paused messages"),
    "messages_resumed": LazyText("Ended a pause of messages"),
    "message_released": LazyText("Released a message"),
    "message_resent": LazyText("Sent a message again"),
    "password_changed": LazyText("Changed the password"),
    "password_reset": LazyText("Reset the password"),
    "patient_added": LazyText("Enrolled a patient"),
    "patient_changed": LazyText("Changed a patient's details"),
    "patients_merged": LazyText("Merged two records"),
    "patients_parted": LazyText("Parted two records"),
    "plan_written": LazyText("Wrote an analysis plan"),
    "protocol_loaded": LazyText("Loaded a protocol"),
    "recovery_code_used": LazyText("Signed in with a recovery code"),
    "recovery_codes_renewed": LazyText("Made new recovery codes"),
    "registry_granted": LazyText("Let a registry analyst in"),
    "registry_revoked": LazyText("Ended a registry analyst's access"),
    "role_changed": LazyText("Changed a role"),
    "second_factor_removed": LazyText("Removed a second factor"),
    "second_factor_set": LazyText("Set a second factor"),
    "sessions_ended": LazyText("Ended other sessions"),
    "settings_changed": LazyText("Changed the clinic's settings"),
    "sign_in_throttled": LazyText("Was kept from signing in after too many tries"),
    "signed_in": LazyText("Signed in"),
    "signed_out": LazyText("Signed out"),
    "staff_email_changed": LazyText("Changed a member's e-mail address"),
    "suppression_lifted": LazyText("Let messages go to an address again"),
    "submitted": LazyText("Sent the answers"),
    "texts_stopped": LazyText("Stopped text messages"),
    "treatment_cancelled": LazyText("Cancelled a treatment"),
    "treatment_done": LazyText("Confirmed a treatment"),
    "treatment_planned": LazyText("Planned a treatment"),
    "viewed": LazyText("Looked at"),
}
PAGES: Mapping[str, LazyText] = {
    "alerts.show": LazyText("the list of alerts"),
    "behind.show": LazyText("the patients behind a rate"),
    "desk.today": LazyText("the desk"),
    "details.form": LazyText("the form with the details"),
    "entry.show": LazyText("answers"),
    "item_entry.form": LazyText("the page for entering answers one by one"),
    "enrolment.save": LazyText("patients with the same name"),
    "erasing.form": LazyText("the page for erasing"),
    "merging.form": LazyText("two records side by side"),
    "paper.show": LazyText("the questionnaire on paper"),
    "privacy.show": LazyText("the page Privacy"),
    "retention.show": LazyText("the list of records that fall due"),
    "forecast.show": LazyText("the messages of a day to come"),
    "messages.listing": LazyText("messages behind a number"),
    "messages.listing_table": LazyText("messages behind a number, as a file"),
    "queue.call": LazyText("the sheet of a call"),
    "queue.log": LazyText("the sheet of a call"),
    "queue.show": LazyText("the list of whom to call"),
    "held.index": LazyText("messages held back"),
    "patients.index": LazyText("the list of patients"),
    "patients.show": LazyText("the patient's page"),
    "sheet.show": LazyText("the patient sheet"),
    "sheet.drawing": LazyText("a drawing of the patient sheet"),
    "sheet.numbers": LazyText("the numbers of the patient sheet"),
    "sheet.text": LazyText("the patient sheet as text"),
    "sheet.report": LazyText("the case report"),
    "audit.report": LazyText("the access report"),
    "audit.report_csv": LazyText("the access report as a file"),
}
FIELDS: Mapping[str, LazyText] = {
    "arm": LazyText("Arm"),
    "birth_year": LazyText("Year of birth"),
    "channel": LazyText("Questionnaires are sent by"),
    "chart_number": LazyText("Chart number"),
    "clinician": LazyText("Clinician"),
    "diagnosis": LazyText("Diagnosis"),
    "email": LazyText("E-mail"),
    "first_name": LazyText("First name"),
    "index_date": LazyText("Index date"),
    "kind": LazyText("Kind"),
    "language": LazyText("Language"),
    "number": LazyText("Number"),
    "on_date": LazyText("Day"),
    "phone": LazyText("Telephone"),
    "product": LazyText("Product"),
    "rating": LazyText("Rating, 0 to 10"),
    "role": LazyText("Role"),
    "rows": LazyText("Rows"),
    "key": LazyText("Key"),
    "sex": LazyText("Sex"),
    "state": LazyText("State"),
    "surname": LazyText("Surname"),
    "time_zone": LazyText("Time zone"),
    "version": LazyText("Version"),
    "words": LazyText("Goal"),
}


def action_words(event: AuditEvent) -> str:
    """The act as a sentence without its subject; of a page that was looked at, which."""
    page = (event.new or {}).get("page")
    said = str(ACTIONS.get(event.action, _spaced(event.action)))
    return f"{said} {PAGES.get(page, _spaced(page))}" if event.action == "viewed" and isinstance(page, str) else said


def actor_words(event: AuditEvent, staff: Mapping[UUID, str]) -> str:
    """Who acted: a member of staff by name, a patient, or the system."""
    if event.actor_kind == "patient":
        return _("a patient")
    if event.actor_kind == "system" or event.actor_id is None:
        return _("the system")
    return staff.get(event.actor_id, _("somebody of another clinic"))


def field_words(field: str) -> str:
    """A field's name on the screen."""
    return str(FIELDS.get(field, _spaced(field).capitalize()))


def value_words(value: Any) -> str:
    """A plain value of the audit as it is read; a code in its words."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(value_words, value))
    return _text_words(value) if isinstance(value, str) else str(value)


def _text_words(value: str) -> str:
    """A code in its words, a day as people write it, a hash by its beginning."""
    if HASH.fullmatch(value):
        return f"{value[:12]}…"
    if DAY.fullmatch(value):
        with suppress(ValueError):  # a name may look like a day that no month has
            return format_day(date.fromisoformat(value))
    return str(LABELS.get(value, value))


def _spaced(code: str) -> str:
    return code.replace("_", " ").replace(".", " ")
