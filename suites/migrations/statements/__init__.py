"""SQL as PostgreSQL reads it: what a statement does, and to which tables."""
