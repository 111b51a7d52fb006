"""Who a request is: the decorator that every staff page wears."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from surveys.access import policy
from surveys.access.signin import sessions
from surveys.access.tokens import read_cookie
from surveys.config import Config
from surveys.db import db, enter_clinic, real_now

P = ParamSpec("P")
Reply = Response | str | tuple[str, int]
PATH = re.compile(r"/(?![/\\])[^\s\\\x00-\x1f\x7f]*")


def config() -> Config:
    """Return the application's settings."""
    settings: Config = current_app.extensions["backstory"]
    return settings


def has_texts() -> bool:
    """Return whether text messages can be sent here."""
    return config().sms is not None


def staff_cookie() -> str:
    """Return the name of the staff cookie."""
    return f"{config().cookie_prefix}staff"


def identity() -> sessions.Identity:
    """Return the signed-in staff member; only behind ``staff_page``."""
    who: sessions.Identity = g.identity
    return who


def load_identity() -> sessions.Identity | None:
    """Bind the request to the clinic of its staff cookie and return who it is, or None."""
    named = read_cookie(request.cookies.get(staff_cookie()))
    if named is None:
        return None
    enter_clinic(named[0])
    who = sessions.identify(db.session(), named[1], now=real_now(db.session()))
    db.session.commit()
    if who is None:
        enter_clinic(None)
    return who


def staff_page(view: Callable[P, Reply]) -> Callable[P, Reply]:
    """Let in staff whose role the policy table names for this endpoint; others see the login page or 403."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Reply:
        who = load_identity()
        if who is None:
            return redirect(url_for("auth.login", next=local_path(request.full_path)), 303)
        g.identity = who  # the refusal, too, shows the way back
        if not policy.allows(who.role, request.endpoint):
            abort(403)
        return view(*args, **kwargs)

    return guarded


def fresh(view: Callable[P, Reply]) -> Callable[P, Reply]:
    """Ask first who is there, unless that was proved within ten minutes. Stands below ``staff_page``.

    What was posted is not repeated afterwards: a POST leads back to the page it came from.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Reply:
        if identity().fresh:
            return view(*args, **kwargs)
        posted = request.method not in ("GET", "HEAD")
        target = _page_before() if posted else local_path(request.full_path)
        return redirect(url_for("confirm.form", next=target, again=1 if posted else None), 303)

    return guarded


def _page_before() -> str:
    """The page of this site whose form was posted, or the start page."""
    before = urlsplit(request.referrer or "")
    ours = before.netloc == request.host
    return local_path(f"{before.path}?{before.query}") if ours else "/"


def may(endpoint: str) -> bool:
    """Return whether the signed-in person may use an endpoint: what templates ask before they lead there."""
    return "identity" in g and policy.allows(identity().role, endpoint)


def start_address() -> str:
    """Return where the signed-in person begins, or the sign-in page; for the brand on every staff page."""
    return url_for(policy.start_page(identity().role) if "identity" in g else "auth.login")


def local_path(target: str | None) -> str:
    """Return a path of this site, or the start page for anything that leads elsewhere."""
    return target.rstrip("?") if target and PATH.fullmatch(target) else "/"


def install(app: Flask) -> None:
    """Let templates ask the policy table."""
    app.jinja_env.globals.update(may=may, start_address=start_address)
