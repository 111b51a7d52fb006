"""Floor of the dashboard: Flask returning the dashboard's bytes, made once."""

import os
from pathlib import Path

from flask import Flask

PAGE = Path(os.environ["FLOOR_PAGE"])
app = Flask(__name__)


@app.get("/")
def page() -> str:
    """Return the bytes."""
    return TEXT


TEXT = PAGE.read_text(encoding="utf-8")
