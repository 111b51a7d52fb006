"""Cross-site request protection of staff forms; patients' forms carry a signed token of their own."""

from __future__ import annotations

from flask_wtf import CSRFProtect

csrf = CSRFProtect()
