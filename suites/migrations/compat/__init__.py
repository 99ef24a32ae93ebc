"""Two releases on the schema of each other."""
