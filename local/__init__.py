"""The launcher: real servers from wheels, then the whole application on one machine."""
