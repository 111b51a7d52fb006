"""Answers that somebody should look at soon: raised once, acknowledged by a named person, escalated when nobody does.

Off until a clinic names who looks, when and how soon. It is an aid to the clinic's own routine and no medical device's
alarm: ``docs/alerts.md``.
"""
