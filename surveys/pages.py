"""Every page of the application, registered in one place."""

from __future__ import annotations

from flask import Flask

from surveys.views import (
    acts,
    auth,
    behind,
    confirm,
    dashboard,
    desk,
    details,
    enrolment,
    entry,
    guard,
    imports,
    landing,
    patient,
    patients,
    registry,
    registry_access,
    sending,
    unsubscribe,
)

BLUEPRINTS = (
    auth.bp,
    confirm.bp,
    landing.bp,
    patient.bp,
    sending.bp,
    dashboard.bp,
    behind.bp,
    unsubscribe.bp,
    desk.bp,
    patients.bp,
    enrolment.bp,
    acts.bp,
    details.bp,
    entry.bp,
    imports.bp,
    registry.bp,
    registry_access.bp,
)


def install(app: Flask) -> None:
    """Register every blueprint."""
    guard.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
