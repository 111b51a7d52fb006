"""Stock peer of the item GET: Flask-WTF form with CSRF, drawn by WTForms' own radio widgets; no database."""

import os

from flask import Flask, render_template
from flask_wtf import FlaskForm
from jinja2 import DictLoader
from wtforms import RadioField

PAGE = """<!doctype html><html lang="en"><title>Question</title><form method="post">
{{ form.csrf_token }}<fieldset><legend><h1>{{ form.answer.label }}</h1></legend>
{% for option in form.answer %}<p>{{ option }} {{ option.label }}</p>{% endfor %}
</fieldset><button>Save and continue</button></form></html>"""
app = Flask(__name__)
app.jinja_loader = DictLoader({"page.html": PAGE})
app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]


class ItemForm(FlaskForm):  # type: ignore[misc] # shipped without types
    """Six levels."""

    answer = RadioField("Question", choices=[(str(level), f"Level {level}") for level in range(6)])


@app.get("/")
def page() -> str:
    """Show the form."""
    return render_template("page.html", form=ItemForm())
