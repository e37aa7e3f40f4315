"""All tables at once, for migrations and for the check that the migrated database equals them."""

from schema.change.table import change, idempotency_key, table_version
from schema.database import metadata
from schema.inspection.table import inspection
from schema.issue.table import issue
from schema.land.table import land_use, parcel
from schema.policy.table import policy_parameter
from schema.project.table import project
from schema.project.tally import project_tally
from schema.region.table import region, region_closure

__all__ = [
    "change",
    "idempotency_key",
    "inspection",
    "issue",
    "land_use",
    "metadata",
    "parcel",
    "policy_parameter",
    "project",
    "project_tally",
    "region",
    "region_closure",
    "table_version",
]
