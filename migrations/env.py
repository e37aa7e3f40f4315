"""How Alembic runs a revision here: on the connection that ``migrations.run`` opened, one service at a time."""

from alembic import context
from sqlalchemy import Connection, text

MIGRATION_LOCK = 0x6C756F6469  # "luodi"


def migrate(connection: Connection) -> None:
    """Run the asked revisions in one transaction, holding the lock that keeps a second service waiting.

    Taken before Alembic reads the current revision: who waited sees what the first one did.
    """
    context.configure(connection=connection, transaction_per_migration=False)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        context.run_migrations()


given = context.config.attributes.get("connection")
if not isinstance(given, Connection):
    raise RuntimeError("No connection given: run `luodi migrate`, or migrations.run.upgrade(url) from Python")
migrate(given)
