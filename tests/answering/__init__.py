"""The domain rules of answers, below the pages."""
