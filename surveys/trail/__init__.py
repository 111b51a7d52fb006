"""Reading the audit: who did what, who saw whom, in words."""
