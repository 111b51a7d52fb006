"""What the commands open personal data with."""

from __future__ import annotations

from flask import current_app

from surveys.access.keys.encryption import Vault


def vault() -> Vault:
    """Return the application's vault."""
    ours: Vault = current_app.extensions["vault"]
    return ours
