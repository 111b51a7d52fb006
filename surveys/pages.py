"""Every page of the application, registered in one place."""

from __future__ import annotations

from flask import Flask

from surveys.views import (
    acts,
    audit,
    behind,
    dashboard,
    desk,
    details,
    enrolment,
    entry,
    forecast,
    guard,
    held,
    holidays,
    imports,
    links,
    mail_preview,
    messages,
    paper,
    patients,
    queue,
    registry,
    registry_access,
    settings,
)
from surveys.views.rights import erasing, merging, privacy, retention
from surveys.views.signin import (
    account,
    auth,
    confirm,
    institution,
    member,
    password,
    second_step,
    setting_up,
    team,
    welcome,
)
from surveys.views.sitting import (
    ahead,
    birth_year,
    kiosk,
    landing,
    patient,
    permissions,
    preferences,
    sending,
    texts,
    unsubscribe,
)

BLUEPRINTS = (
    auth.bp,
    confirm.bp,
    second_step.bp,
    setting_up.bp,
    welcome.bp,
    password.bp,
    institution.bp,
    account.bp,
    team.bp,
    member.bp,
    kiosk.bp,
    landing.bp,
    birth_year.bp,
    permissions.bp,
    patient.bp,
    ahead.bp,
    sending.bp,
    dashboard.bp,
    behind.bp,
    unsubscribe.bp,
    texts.bp,
    preferences.bp,
    desk.bp,
    patients.bp,
    enrolment.bp,
    acts.bp,
    audit.bp,
    details.bp,
    entry.bp,
    paper.bp,
    imports.bp,
    held.bp,
    forecast.bp,
    queue.bp,
    messages.bp,
    registry.bp,
    registry_access.bp,
    links.bp,
    privacy.bp,
    erasing.bp,
    merging.bp,
    retention.bp,
    settings.bp,
    mail_preview.bp,
    holidays.bp,
)


def install(app: Flask) -> None:
    """Register every blueprint."""
    guard.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
