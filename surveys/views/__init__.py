"""Thin views: open, validate, call one function of the domain, commit, answer."""

from __future__ import annotations

from flask import Flask

from surveys.views import auth, dashboard, landing, patient

BLUEPRINTS = (auth.bp, landing.bp, patient.bp, dashboard.bp)


def install(app: Flask) -> None:
    """Register every blueprint."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
