"""Reports: what the dashboard shows of a cohort, set on paper with its methods, dictionary and hashes."""
