"""Who to call today and why: what waits for a person, in order, and what was tried."""
