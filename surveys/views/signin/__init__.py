"""The way in for staff, and their own account."""
