"""What patients see: from the link to the thank-you."""
