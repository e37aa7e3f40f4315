"""The change feed, the versions of tables, and the keys that make a retried mutation harmless."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.types import UserDefinedType

from schema.change.rules import ChangeOperation
from schema.database import metadata, one_of, text_column


class TransactionId(UserDefinedType[int]):
    """PostgreSQL's ``xid8``: the transaction that wrote a row, without wrap-around."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


change = Table(
    "change",
    metadata,
    Column("sequence", BigInteger, Identity(always=True), primary_key=True),
    Column("transaction_id", TransactionId, nullable=False, server_default=text("pg_current_xact_id()")),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    text_column("entity"),
    Column("entity_id", BigInteger, nullable=False),
    text_column("operation"),
    Column("version", Integer, nullable=False),
    Column("region_id", BigInteger, ForeignKey("region.id"), nullable=True),
    text_column("actor"),
    one_of("operation", ChangeOperation),
    CheckConstraint("entity <> ''", name="entity"),
    CheckConstraint("version >= 1", name="version"),
    Index("ix_change_transaction_id", "transaction_id", "sequence"),
    Index("ix_change_entity", "entity", "entity_id", "version"),
    Index("ix_change_region_id", "region_id"),
    comment="Append-only. Read in the order of (transaction_id, sequence), only below pg_snapshot_xmin: "
    "a late commit is never skipped.",
)

table_version = Table(
    "table_version",
    metadata,
    Column("name", Text, primary_key=True),
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    comment="The version of a table is the sum over its slots; a transaction raises it in a slot of its own.",
)

idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    text_column("mutation"),
    text_column("request_digest"),
    Column("entity_id", BigInteger, nullable=True),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    CheckConstraint("char_length(key) BETWEEN 1 AND 200", name="key"),
)
