"""The database backend: PostgreSQL, started from its PyPI package when no server is configured."""
