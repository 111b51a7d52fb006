"""Reports: what stands on their pages, and asking for them."""
