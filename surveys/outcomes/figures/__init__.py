"""The figures, one file per subject; each function builds one from a look at a cohort."""
