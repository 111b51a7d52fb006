"""Analysis plans: what will be looked at and how, written down before the results."""
