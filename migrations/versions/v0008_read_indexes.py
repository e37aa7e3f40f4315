"""Indexes for orders and distances that were found to read a whole table.

NULL comes last whichever way an order goes, so an index read backwards, where NULL comes first, cannot give it.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_issue_deadline_desc": "issue (deadline DESC NULLS LAST, id DESC)",
    "ix_inspection_started_at_desc": "inspection (started_at DESC NULLS LAST, id DESC)",
    "ix_project_started_on": "project (started_on, id)",
    "ix_project_started_on_desc": "project (started_on DESC NULLS LAST, id DESC)",
    "ix_project_name": "project (name, id)",
    "ix_project_footprint_geography": "project USING gist (geography(footprint))",
    "ix_inspection_location_geography": "inspection USING gist (geography(location))",
    "ix_issue_affected_area_geography": "issue USING gist (geography(affected_area))",
}


def upgrade() -> None:
    for name, on in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {on}")


def downgrade() -> None:
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
