"""One file per kind of chart; each loads the chart library, so none is imported before the first drawing."""
