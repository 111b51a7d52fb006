"""Commands of ``flask --app wsgi``: say what is wrong and how to mend it."""
