"""Finite mixtures over time."""

from scoring.mixture.model import fit_mixture
from scoring.mixture.result import Candidate, Caution, LatentClass, Mixture

__all__ = ["Candidate", "Caution", "LatentClass", "Mixture", "fit_mixture"]
