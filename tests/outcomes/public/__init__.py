"""What everybody may see of a clinic."""
