"""Thin views: open, validate, call one function of the domain, commit, answer."""
