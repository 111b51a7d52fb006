"""The demo clinics: synthetic people who live through the same functions as real ones."""
