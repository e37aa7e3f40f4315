"""What no constraint can hold: the closure of the regions equals their parents, and the change feed only grows."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Two moves at once could close a circle that neither of them sees. The lock makes the second wait; a snapshot older
# than the lock would still not see the first, so REPEATABLE READ is refused (SERIALIZABLE detects it by itself).
REGION_TREE_LOCK = """
    CREATE FUNCTION luodi_lock_region_tree() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('transaction_isolation') = 'repeatable read' THEN
            RAISE EXCEPTION 'regions are placed and moved under READ COMMITTED or SERIALIZABLE, not REPEATABLE READ'
                USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
        PERFORM pg_advisory_xact_lock(hashtextextended('luodi.region_tree', 0));
        RETURN NULL;
    END
    $$
"""

# Made anew for each statement: some dozens of rows, right for any order of rows within the statement.
# UNION, not UNION ALL, ends the walk on a circle, which then shows as a region above itself.
REGION_CLOSURE = """
    CREATE FUNCTION luodi_keep_region_closure() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        circle bigint;
    BEGIN
        WITH RECURSIVE above (region_id, ancestor_id) AS (
            SELECT id, parent_id FROM region WHERE parent_id IS NOT NULL
            UNION
            SELECT above.region_id, region.parent_id
            FROM above JOIN region ON region.id = above.ancestor_id
            WHERE region.parent_id IS NOT NULL
        )
        SELECT min(region_id) INTO circle FROM above WHERE region_id = ancestor_id;
        IF circle IS NOT NULL THEN
            RAISE EXCEPTION 'region % would lie under itself', circle
                USING ERRCODE = 'check_violation', TABLE = 'region', CONSTRAINT = 'ck_region_acyclic';
        END IF;

        WITH RECURSIVE path (ancestor_id, region_id, depth) AS (
            SELECT id, id, 0 FROM region
            UNION ALL
            SELECT region.parent_id, path.region_id, path.depth + 1
            FROM path JOIN region ON region.id = path.ancestor_id
            WHERE region.parent_id IS NOT NULL
        ), gone AS (
            DELETE FROM region_closure WHERE NOT EXISTS (
                SELECT FROM path
                WHERE path.ancestor_id = region_closure.ancestor_id AND path.region_id = region_closure.region_id
            )
        )
        INSERT INTO region_closure (ancestor_id, region_id, depth)
        SELECT ancestor_id, region_id, depth FROM path
        ON CONFLICT (ancestor_id, region_id) DO UPDATE SET depth = excluded.depth
        WHERE region_closure.depth <> excluded.depth;
        RETURN NULL;
    END
    $$
"""

APPEND_ONLY = """
    CREATE FUNCTION luodi_refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'table % is append-only: % refused', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'object_not_in_prerequisite_state', TABLE = TG_TABLE_NAME;
    END
    $$
"""

TRIGGERS = (
    """
    CREATE TRIGGER region_tree_lock BEFORE INSERT OR DELETE OR UPDATE OF id, parent_id ON region
    FOR EACH STATEMENT EXECUTE FUNCTION luodi_lock_region_tree()
    """,
    """
    CREATE TRIGGER region_closure AFTER INSERT OR DELETE OR UPDATE OF id, parent_id ON region
    FOR EACH STATEMENT EXECUTE FUNCTION luodi_keep_region_closure()
    """,
    """
    CREATE TRIGGER change_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON change
    FOR EACH STATEMENT EXECUTE FUNCTION luodi_refuse_rewriting()
    """,
)


def upgrade() -> None:
    for statement in (REGION_TREE_LOCK, REGION_CLOSURE, APPEND_ONLY, *TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER change_append_only ON change")
    op.execute("DROP TRIGGER region_closure ON region")
    op.execute("DROP TRIGGER region_tree_lock ON region")
    op.execute("DROP FUNCTION luodi_refuse_rewriting(), luodi_keep_region_closure(), luodi_lock_region_tree()")
