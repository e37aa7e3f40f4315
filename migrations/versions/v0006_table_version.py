"""A version of each table that people read, raised once by every transaction that writes it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = ("region", "region_closure", "project", "issue", "inspection", "parcel")

# A transaction raises the version in any slot that no other open transaction holds, and makes a slot when there is
# none: writers never wait for one another here, cannot deadlock, and there are as many slots as there ever were writers
# at once. The sum over the slots grows with each commit, so two snapshots with the same sum hold the same data.
# The step is random so that a database restored from a backup does not come to the same sums by another way.
# One write in fifty takes in the slots that nobody holds.
# Outside READ COMMITTED a slot may have changed since the snapshot, and updating it would fail: there it makes one.
RAISE_VERSION = """
    CREATE FUNCTION luodi_raise_table_version() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        raised text := 'luodi.raised_' || TG_TABLE_NAME;
        step bigint := 1 + floor(random() * 1048576);
        free bigint;
        spare bigint;
    BEGIN
        -- local settings fall with the savepoint they were made under, as the raised version does
        IF current_setting(raised, true) = pg_current_xact_id()::text THEN
            RETURN NULL;
        END IF;
        PERFORM set_config(raised, pg_current_xact_id()::text, true);
        IF current_setting('transaction_isolation') = 'read committed' THEN
            SELECT slot INTO free FROM table_version WHERE name = TG_TABLE_NAME LIMIT 1 FOR UPDATE SKIP LOCKED;
        END IF;
        IF free IS NULL THEN
            INSERT INTO table_version (name, slot, version) VALUES (TG_TABLE_NAME, luodi_new_id(), step);
        ELSE
            IF random() < 0.02 THEN
                WITH gone AS (
                    DELETE FROM table_version WHERE name = TG_TABLE_NAME AND slot = ANY (ARRAY(
                        SELECT slot FROM table_version
                        WHERE name = TG_TABLE_NAME AND slot <> free FOR UPDATE SKIP LOCKED
                    ))
                    RETURNING version
                )
                SELECT sum(version) INTO spare FROM gone;
            END IF;
            UPDATE table_version SET version = version + step + coalesce(spare, 0)
            WHERE name = TG_TABLE_NAME AND slot = free;
        END IF;
        RETURN NULL;
    END
    $$
"""


def upgrade() -> None:
    op.create_table(
        "table_version",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "slot", name="pk_table_version"),
        comment="The version of a table is the sum over its slots; a transaction raises it in a slot of its own.",
    )
    op.execute(RAISE_VERSION)
    # from somewhere of its own, so that the first versions of two databases are not the same
    first = sa.text("INSERT INTO table_version (name, slot, version) VALUES (:name, luodi_new_id(), luodi_new_id())")
    for table in TABLES:
        op.execute(first.bindparams(name=table))
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION luodi_raise_table_version()"
        )


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TRIGGER {table}_version ON {table}")
    op.execute("DROP FUNCTION luodi_raise_table_version()")
    op.drop_table("table_version")
