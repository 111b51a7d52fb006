"""Small programs that do the least a page can, or what a stock stack does; each is served as the product is."""
