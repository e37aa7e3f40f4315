"""PostGIS, and the identity that every record is given."""

from alembic import op
from sqlalchemy import text

from migrations.run import MigrationError

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The last 13 hexadecimal digits of a version 4 UUID are 52 random bits; its version and variant lie before them.
# 52 bits and no more, so that a JavaScript number holds every id exactly. 0 is kept free for "none".
NEW_ID = """
    CREATE FUNCTION luodi_new_id() RETURNS bigint
    LANGUAGE sql VOLATILE PARALLEL SAFE
    RETURN greatest(
        1,
        ('x' || right(replace(gen_random_uuid()::text, '-', ''), 13))::bit(52)::bigint
    )
"""


def upgrade() -> None:
    ensure_postgis()
    op.execute(NEW_ID)
    op.execute("COMMENT ON FUNCTION luodi_new_id() IS '52 random bits, never 0'")


def downgrade() -> None:
    # PostGIS stays: it may have been here before us, and other schemas may live on it.
    op.execute("DROP FUNCTION luodi_new_id()")


def ensure_postgis() -> None:
    """Create the extension where it is missing; a database that has it asks no rights of us."""
    connection = op.get_bind()
    if connection.scalar(text("SELECT 1 FROM pg_extension WHERE extname = 'postgis'")):
        return
    if not connection.scalar(text("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'")):
        version = connection.scalar(text("SELECT current_setting('server_version_num')::integer / 10000"))
        raise MigrationError(
            f"PostGIS is not installed on the database server: install it there "
            f"(Debian: the package postgresql-{version}-postgis-3) and migrate again"
        )
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
