"""The application, put together from settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import click
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy.exc import OperationalError
from werkzeug.middleware.proxy_fix import ProxyFix

from surveys import assets, cli, errors, headers, i18n, models, pages, schema
from surveys.access.keys.encryption import Vault
from surveys.access.roles import refuse_powerful_role
from surveys.config import MAX_BODY, Config, read_config, refuse_working_wording
from surveys.csrf import csrf
from surveys.db import bind_clinic_at_checkout, clinic_scope, db, leave_clinic
from surveys.outcomes.columns.stores import MEGABYTE, STORES
from surveys.production import refuse_unsafe
from surveys.wordings import in_use, offer, packs

__all__ = ["create_app", "models"]

LOOPBACK = "127.0.0.1"


def create_app(settings: Config | None = None, overrides: Mapping[str, Any] | None = None) -> Flask:
    """Return the application for the given settings (default: the environment), ready to serve.

    Raises ConfigError for settings that cannot work, WordingError for a faulty pack and UnsafeRoleError for a
    database role that row-level security would not bind.
    """
    config = settings or read_config()
    refuse_unsafe(config)
    _offer_wording(config)
    app = errors.Application("surveys", template_folder="../templates")
    app.config.update(_flask_settings(config), **(overrides or {}))
    if config.trusted_proxies:  # or every sign-in would seem to come from the proxy, and one attacker lock all out
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.trusted_proxies, x_proto=config.trusted_proxies)  # type: ignore[method-assign]
    app.extensions["backstory"] = config
    app.extensions["vault"] = Vault(config.keys)
    STORES.limit = config.figures_memory * MEGABYTE
    _extensions(app)
    headers.install(app)
    assets.install(app)
    errors.install(app)
    pages.install(app)
    cli.install(app)
    return app


def _offer_wording(config: Config) -> None:
    """Serve the operator's packs. A command may run without them, since one of the commands installs them."""
    folder = config.wording_folder
    offer(packs.installed(folder), config.wording_languages, packs.former(folder))
    if not _is_command():
        refuse_working_wording(config, packs.without_licence(in_use().values()))


def _is_command() -> bool:
    """Whether this is a command of ``flask --app wsgi``, and no server."""
    command = click.get_current_context(silent=True)
    return command is not None and command.find_object(ScriptInfo) is not None


def _flask_settings(config: Config) -> dict[str, Any]:
    return {
        "SECRET_KEY": config.secret_key,
        "SQLALCHEMY_DATABASE_URI": config.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_size": 8,
            "max_overflow": 4,
            "pool_timeout": 5,
            "pool_pre_ping": False,
            "hide_parameters": True,  # an error's text goes to the log, and values are personal data
        },
        "TRUSTED_HOSTS": _own_hosts(config.public_base_url),
        "MAX_CONTENT_LENGTH": MAX_BODY,
        "MAX_FORM_MEMORY_SIZE": MAX_BODY,
        "MAX_FORM_PARTS": 300,
        "WTF_CSRF_TIME_LIMIT": None,  # a slow patient's form stays good for as long as the session
        "SESSION_COOKIE_NAME": f"{config.cookie_prefix}form",
        "SESSION_COOKIE_SECURE": config.secure_cookies,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
    }


def _own_hosts(base_url: str) -> list[str]:
    """Names a request may ask for: the public one, and this machine's for probes."""
    return [urlsplit(base_url).hostname or LOOPBACK, "localhost", LOOPBACK]


def _extensions(app: Flask) -> None:
    db.init_app(app)
    if _is_command():
        schema.install(app)
    i18n.install(app)
    csrf.init_app(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.teardown_appcontext(lambda _error: leave_clinic())
    with app.app_context(), clinic_scope(None):
        bind_clinic_at_checkout(db.engine)
        try:
            with db.engine.connect() as connection:
                refuse_powerful_role(connection)
        except OperationalError:
            if not _is_command():  # the doctor has something to say about it
                raise
        finally:
            db.engine.dispose()  # a worker that forks must not inherit an open connection
