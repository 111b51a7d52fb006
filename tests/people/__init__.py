"""Tests of patients, permissions and consents."""
