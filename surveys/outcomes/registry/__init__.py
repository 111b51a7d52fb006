"""Figures across clinics for readers outside them, of whom nobody may be singled out."""
