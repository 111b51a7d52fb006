"""Stock peer of the answer POST: Flask-WTF with CSRF, then the ORM reads a row, changes it and commits."""

import os

from flask import Flask, redirect, render_template_string
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import FlaskForm
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.wrappers import Response
from wtforms import RadioField


class Base(DeclarativeBase):
    """Parent of the one model."""

    metadata = MetaData()


class FloorAnswer(Base):
    """An answer that is overwritten in place."""

    __tablename__ = "floor_answer"
    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[int]
    changes: Mapped[int]


class ItemForm(FlaskForm):  # type: ignore[misc] # shipped without types
    """Six levels."""

    answer = RadioField(choices=[(str(level), f"Level {level}") for level in range(6)])


app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
db = SQLAlchemy(app, metadata=Base.metadata)


@app.get("/<int:number>")
def page(number: int) -> str:
    """Show the form."""
    return render_template_string("<form>{{ form.csrf_token }}{{ number }}</form>", form=ItemForm(), number=number)


@app.post("/<int:number>")
def answer(number: int) -> Response:
    """Overwrite the answer."""
    form = ItemForm()
    assert form.validate_on_submit(), form.errors
    row = db.session.get_one(FloorAnswer, number)
    row.level, row.changes = int(form.answer.data), row.changes + 1
    db.session.commit()
    return redirect("/", 303)
