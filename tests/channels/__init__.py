"""Texts, STOP, returned mail, and the patient's own choices."""
