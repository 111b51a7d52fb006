"""Who may use which page: the one table that decides. An endpoint that stands in none of its parts serves nobody.

Every route of the application is listed here, by its endpoint. Row-level security decides whose rows a person sees.
"""

from __future__ import annotations

from collections.abc import Mapping

CARE = frozenset({"clinician", "coordinator"})  # they see names
DESK = CARE | {"admin"}
READERS = DESK | {"analyst"}
ADMIN = frozenset({"admin"})
SIGNERS = frozenset(
    {"clinician", "admin"}
)  # they answer for what the clinic says; who collects answers or reads does not
PRIVACY = frozenset({"coordinator", "admin"})  # they answer a person who asks about their own data
REGISTRY = frozenset({"registry_analyst"})
ANYONE = READERS | REGISTRY
NAMELESS = frozenset({"analyst", "registry_analyst"})  # they read figures alone, and none about a handful of people

SITE = frozenset({"icon", "metrics.show", "probes.healthz", "probes.readyz", "static"})
SIGN_IN = frozenset(
    {
        "auth.login",
        "auth.sign_in",
        "auth.sign_out",
        "auth.start",
        "institution.accept",
        "institution.begin",
        "institution.callback",
        "password.ask",
        "password.choose",
        "password.forgotten",
        "password.form",
        "second_step.check",
        "second_step.form",
        "second_step.recover",
        "second_step.recovery_form",
        "setting_up.confirm",
        "setting_up.form",
        "welcome.accept",
        "welcome.form",
    }
)
PATIENT = frozenset(  # a signed link or the patient's own session decides, never a staff member's
    {
        "ahead.show",
        "accessibility.show",
        "birth_year.check",
        "birth_year.form",
        "kiosk.begin",
        "kiosk.enter",
        "kiosk.first",
        "kiosk.open_visit",
        "kiosk.pause",
        "landing.fresh",
        "landing.fresh_again",
        "landing.landing",
        "landing.start",
        "landing.stop",
        "landing.phone_me",
        "language.choose",
        "patient.answer",
        "patient.item",
        "permissions.change",
        "permissions.leave",
        "permissions.left",
        "permissions.show",
        "practice.show",
        "practice.tried",
        "preferences.change",
        "preferences.show",
        "sending.consent",
        "sending.done",
        "sending.review",
        "sending.send",
        "texts.stop",
        "unsubscribe.ask",
        "unsubscribe.stop",
    }
)
PUBLIC = frozenset({"public.embed", "public.key", "public.show", "public.twin"})  # a page that a clinic opened
OPEN = SITE | SIGN_IN | PATIENT | PUBLIC  # reached without signing in as staff

STAFF: Mapping[str, frozenset[str]] = {
    "account.change_password": ANYONE,
    "account.end_others": ANYONE,
    "account.end_session": ANYONE,
    "account.password_form": ANYONE,
    "account.show": ANYONE,
    "acts.add_endpoint": CARE,
    "acts.add_treatment": CARE,
    "acts.ask_now": CARE,
    "acts.correct_care": CARE,
    "acts.correct_index_date": CARE,
    "acts.end": CARE,
    "acts.resend": CARE,
    "acts.revoke": CARE,
    "acts.settle": CARE,
    "alert_settings.form": ADMIN,
    "alert_settings.save": ADMIN,
    "alerts.look": DESK,
    "alerts.show": DESK,
    "answers_import.check": CARE,
    "answers_import.form": CARE,
    "answers_import.store": CARE,
    "audit.report": ADMIN,
    "audit.report_csv": ADMIN,
    "audit.show": ADMIN,
    "behind.people": CARE,
    "behind.show": CARE,
    "claim_check.show": READERS,
    "claims.index": READERS,
    "claims.make": SIGNERS,
    "claims.new": SIGNERS,
    "claims.show": READERS,
    "claims.sign": SIGNERS,
    "claims.withdraw": SIGNERS,
    "cohorts.index": READERS,
    "cohorts.save": READERS,
    "confirm.check": ANYONE,
    "confirm.form": ANYONE,
    "dashboard.drawing": READERS,
    "dashboard.more": READERS,
    "dashboard.show": READERS,
    "dashboard.table": READERS,
    "desk.show_code": CARE,
    "desk.today": DESK,
    "details.episode_form": CARE,
    "details.form": CARE,
    "details.open_episode": CARE,
    "details.right_again": CARE,
    "details.save": CARE,
    "details.withdraw_consent": CARE,
    "enrolment.form": CARE,
    "enrolment.save": CARE,
    "entry.change": CARE,
    "entry.choose": CARE,
    "entry.save": CARE,
    "entry.show": CARE,
    "erasing.act": PRIVACY,
    "erasing.form": PRIVACY,
    "exports.ask": READERS,
    "exports.cancel": READERS,
    "exports.download": READERS,
    "exports.show": READERS,
    "forecast.show": DESK,
    "goals.rate": CARE,
    "goals.save": CARE,
    "held.index": CARE,
    "held.settle": CARE,
    "held.settle_group": CARE,
    "holidays.add": ADMIN,
    "holidays.remove": ADMIN,
    "imports.apply": CARE,
    "imports.form": CARE,
    "imports.look": CARE,
    "imports.rest": CARE,
    "institution.confirm": ANYONE,
    "mail_preview.drawn": ADMIN,
    "mail_preview.show": ADMIN,
    "member.change_email": ADMIN,
    "member.change_role": ADMIN,
    "member.disable": ADMIN,
    "member.enable": ADMIN,
    "member.invite_again": ADMIN,
    "member.link_identity": ADMIN,
    "member.remove_factor": ADMIN,
    "member.show": ADMIN,
    "item_entry.begin": CARE,
    "item_entry.form": CARE,
    "links.reissue": CARE,
    "merging.form": PRIVACY,
    "merging.join": PRIVACY,
    "merging.part": PRIVACY,
    "messages.listing": DESK,
    "messages.listing_table": DESK,
    "messages.show": DESK,
    "messages.table": DESK,
    "paper.blank": DESK,
    "paper.show": DESK,
    "paper.stock": DESK,
    "patients.index": DESK,
    "patients.show": CARE,
    "plans.index": READERS,
    "plans.show": READERS,
    "plans.write": SIGNERS,
    "privacy.export": PRIVACY,
    "privacy.give": PRIVACY,
    "privacy.show": PRIVACY,
    "privacy.take_back": PRIVACY,
    "publishing.new_key": ADMIN,
    "publishing.save": ADMIN,
    "publishing.show": ADMIN,
    "publishing.statements": ADMIN,
    "quality.drawing": READERS,
    "quality.show": READERS,
    "quality.table": READERS,
    "queue.call": CARE,
    "queue.log": CARE,
    "queue.show": CARE,
    "registry.drawing": REGISTRY,
    "registry.more": REGISTRY,
    "registry.show": REGISTRY,
    "registry.sites": REGISTRY,
    "registry.table": REGISTRY,
    "registry_access.allow": ADMIN,
    "registry_access.stop": ADMIN,
    "registry_access.show": ADMIN,
    "sheet.report": CARE,
    "sheet.show": CARE,
    "sheet.text": CARE,
    "setting_up.own_codes": ANYONE,
    "setting_up.own_confirm": ANYONE,
    "setting_up.own_form": ANYONE,
    "team.form": ADMIN,
    "team.invite": ADMIN,
    "team.show": ADMIN,
    "retention.erase_now": PRIVACY,
    "retention.show": PRIVACY,
    "retention.yes": PRIVACY,
    "settings.form": ADMIN,
    "settings.save": ADMIN,
}


def allows(role: str, endpoint: str | None) -> bool:
    """Return whether staff with the role may use the endpoint."""
    return role in STAFF.get(endpoint or "", frozenset())


START_PAGES = ("desk.today", "dashboard.show", "registry.sites")


def start_page(role: str) -> str:
    """Return the endpoint that a role begins at: the first of the start pages that it may use."""
    return next(endpoint for endpoint in START_PAGES if allows(role, endpoint))
