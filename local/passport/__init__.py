"""The passport: a picture of every screen that patients see, with hashes, for who holds the questionnaires' rights."""
