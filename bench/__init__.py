"""The product beside its floors, measured in one run; ratios hold where absolute figures drift."""
