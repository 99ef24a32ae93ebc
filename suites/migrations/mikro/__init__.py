"""Histories of MikroORM classes, and the models beside them: read from TypeScript, never executed."""
