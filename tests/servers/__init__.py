"""Real servers for the tests: PostgreSQL, Redis, SMTP, the web server, workers, a browser."""
