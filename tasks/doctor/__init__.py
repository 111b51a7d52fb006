"""The doctor: each part of the service looked at, each finding with its remedy, and no secret printed."""
