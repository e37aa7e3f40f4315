"""A private PostgreSQL with PostGIS for services that were given no database: found, made, started, stopped."""

from api.embedded.database import EmbeddedDatabase
from api.embedded.errors import DataFolderUnusable, EmbeddedDatabaseError, PostgreSQLMissing, ServerFailed
from api.embedded.installation import Installation, find_installation

__all__ = [
    "DataFolderUnusable",
    "EmbeddedDatabase",
    "EmbeddedDatabaseError",
    "Installation",
    "PostgreSQLMissing",
    "ServerFailed",
    "find_installation",
]
