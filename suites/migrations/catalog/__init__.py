"""The schema of a database: read, compared, dumped."""
