"""Who a request is: the decorator that every staff page wears."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Flask, abort, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from surveys.access import policy, staff
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


def staff_cookie() -> str:
    """Return the name of the staff cookie."""
    return f"{config().cookie_prefix}staff"


def identity() -> staff.Identity:
    """Return the signed-in staff member; only behind ``staff_page``."""
    who: staff.Identity = g.identity
    return who


def load_identity() -> staff.Identity | None:
    """Bind the request to the clinic of its staff cookie and return who it is, or None."""
    named = read_cookie(request.cookies.get(staff_cookie()))
    if named is None:
        return None
    enter_clinic(named[0])
    who = staff.identify(db.session(), named[1], now=real_now(db.session()))
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
        if not policy.allows(who.role, request.endpoint):
            abort(403)
        g.identity = who
        return view(*args, **kwargs)

    return guarded


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
