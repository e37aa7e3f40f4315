"""What can go wrong with the embedded database, each with the fix in its message."""


class EmbeddedDatabaseError(Exception):
    """The embedded PostgreSQL cannot run; the message names the folder or package and how to mend it."""


class PostgreSQLMissing(EmbeddedDatabaseError):
    """No PostgreSQL with PostGIS is installed on this machine."""


class DataFolderUnusable(EmbeddedDatabaseError):
    """The data folder cannot be written, entered or is full."""


class ServerFailed(EmbeddedDatabaseError):
    """PostgreSQL's own programs refused; the message carries the end of their log."""
