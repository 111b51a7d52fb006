"""Floor of the item GET: Flask, one indexed read by the raw driver, one small template."""

import os
from hashlib import sha256

from flask import Flask, request

from bench.floors.connection import connection

READ = "SELECT visit_id, respondent FROM patient_session WHERE token_digest = %s AND revoked_at IS NULL"
PAGE = """<!doctype html><html lang="en"><title>Question</title><form method="post"><fieldset>
<legend><h1>Question</h1></legend><input type="hidden" name="visit" value="{{ visit }}">
{% for level in range(6) %}
<label><input type="radio" name="answer" value="{{ level }}"><span>Level {{ level }}</span></label>
{% endfor %}</fieldset><button>Save and continue</button></form></html>"""
app = Flask(__name__)
TEMPLATE = app.jinja_env.from_string(PAGE)
COOKIE = os.environ.get("FLOOR_COOKIE", "patient")


@app.get("/")
def page() -> str:
    """Show the form of the visit that the cookie opens."""
    token = request.cookies[COOKIE].rpartition(".")[2]
    row = connection().execute(READ, (sha256(token.encode()).digest(),)).fetchone()
    assert row is not None
    return TEMPLATE.render(visit=row[0])
