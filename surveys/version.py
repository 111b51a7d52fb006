"""The version of the product, written into backups and answered by no page."""

VERSION = "0.1.0"
