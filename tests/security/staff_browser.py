"""A member of staff over HTTP against a real server, signed in by a session row."""

from __future__ import annotations

import http.client
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from sqlalchemy import select

from local.ports import LOOPBACK
from surveys.access.tokens import cookie_value, digest, new_token
from surveys.db import clinic_session, real_now
from surveys.models import Staff, StaffSession
from tests.page_forms import PageForm, form_to

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def session_cookie(clinic_id: UUID, role: str) -> str:
    """Open a session for the clinic's member of staff with the role and return the cookie; needs an app context."""
    with clinic_session(clinic_id) as session:
        person = session.scalars(select(Staff).where(Staff.role == role)).one()
        now, token = real_now(session), new_token()
        row = StaffSession(staff_id=person.id, token_digest=digest(token), created_at=now, last_seen_at=now)
        row.clinic_id = clinic_id
        session.add(row)
        session.commit()
    return cookie_value(clinic_id, token)


@dataclass
class StaffBrowser:
    """Keeps its cookies; ``url``: PUBLIC_BASE_URL of the server."""

    url: str
    cookie: str
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cookies["__Host-staff"] = self.cookie

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body of a page."""
        return self._ask("GET", path, "")

    def form(self, path: str, action: str) -> PageForm:
        """Return the form of a page that sends to ``action``."""
        status, body = self.get(path)
        assert status == 200, (status, body[:500])
        return form_to(body, action)

    def send(self, form: PageForm, **typed: str) -> tuple[int, str]:
        """Send a form with some fields typed anew."""
        return self._ask("POST", form.action, urlencode(form.sent() | typed, doseq=True))

    def _ask(self, method: str, path: str, body: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(LOOPBACK, urlsplit(self.url).port, timeout=30)
        try:
            cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            connection.request(method, path, body, {"Cookie": cookies, "Host": urlsplit(self.url).netloc, **FORM})
            reply = connection.getresponse()
            text = reply.read().decode()
            for named in reply.headers.get_all("Set-Cookie") or ():
                name, _, value = named.partition(";")[0].partition("=")
                self.cookies[name] = value
            return reply.status, text
        finally:
            connection.close()
