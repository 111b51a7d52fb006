"""Claims: statements of outcomes with all that they stand on, which anyone can work out again."""
