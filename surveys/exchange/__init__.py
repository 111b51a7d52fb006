"""What goes in and out of a clinic as files."""
