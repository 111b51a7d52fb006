"""One file per kind of chart, each a function from numbers to an SVG; ``ink`` and ``axes`` are what all draw with."""
