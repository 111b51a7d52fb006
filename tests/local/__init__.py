"""The launcher, tried with its real servers."""
