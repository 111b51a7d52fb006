"""Response headers every route carries, errors included."""

from __future__ import annotations

from flask import Flask, Response, request

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
# What no page of ours asks for: a script that got in should not either.
UNUSED = ", ".join(
    f"{feature}=()" for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
)
ALWAYS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": UNUSED,
}


LASTING = frozenset({"public.embed", "public.key", "public.show", "public.twin"})  # the same for everybody


def add_headers(response: Response) -> Response:
    """Add the security headers; everything but static files and clinics' public pages is neither stored nor indexed."""
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    public = request.endpoint in LASTING and response.status_code in (200, 304)
    if request.endpoint not in ("static", "icon") and not public:
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def install(app: Flask) -> None:
    """Put the headers on every response of the application."""
    app.after_request(add_headers)
