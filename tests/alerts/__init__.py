"""Alerts: when one is raised, who is told, and the pages about them."""
