"""How good the data of one protocol are."""
