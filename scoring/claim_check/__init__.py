"""What a published sentence about outcomes leaves out, and what in it cannot be so."""

from scoring.claim_check.checks import check
from scoring.claim_check.findings import Finding
from scoring.claim_check.parts import PARTS, parts_of, statement_of
from scoring.claim_check.reading import understand
from scoring.claim_check.statement import Share, Statement, Threshold

__all__ = ["PARTS", "Finding", "Share", "Statement", "Threshold", "check", "parts_of", "statement_of", "understand"]
