"""Keys of operator and patients, and what is sealed under them."""
