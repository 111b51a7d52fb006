"""Patients: contact details, permissions, consents, enrolment."""
