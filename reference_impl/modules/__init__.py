"""One package per noun, always the same six files: models, schemas, repository, service, routes, subscribers."""
