"""The read side: who was expected, who answered, who responded, drawn and printed from the same rows."""
