"""Enrolment: patient, permissions, episode and treatment in one act, from the browser or a file."""
