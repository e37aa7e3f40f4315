"""The first tables: regions, projects, issues, inspections, land, configuration and the change feed."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE land_use (
        code text NOT NULL,
        name text NOT NULL,
        standard text NOT NULL,
        CONSTRAINT pk_land_use PRIMARY KEY (code),
        CONSTRAINT ck_land_use_code CHECK (code ~ '^[0-9]{2,6}$'),
        CONSTRAINT ck_land_use_name CHECK (name <> '')
    )
    """,
    """
    COMMENT ON TABLE land_use IS
        '国土空间调查、规划、用途管制用地用海分类 (2023): a code table, not an enum.'
    """,
    """
    CREATE TABLE policy_parameter (
        name text NOT NULL,
        effective_from date NOT NULL,
        value numeric NOT NULL,
        unit text NOT NULL,
        source text NOT NULL,
        CONSTRAINT pk_policy_parameter PRIMARY KEY (name, effective_from),
        CONSTRAINT ck_policy_parameter_name CHECK (name ~ '^[a-z][a-z0-9_.]*$'),
        CONSTRAINT ck_policy_parameter_value
            CHECK (value <> 'NaN' AND value < 'Infinity' AND value > '-Infinity')
    )
    """,
    """
    CREATE TABLE region (
        id bigint NOT NULL DEFAULT luodi_new_id(),
        code text NOT NULL,
        name text NOT NULL,
        kind text NOT NULL,
        parent_id bigint,
        geometry geometry(MULTIPOLYGON,4326),
        origin text NOT NULL DEFAULT 'REGISTERED',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT pk_region PRIMARY KEY (id),
        CONSTRAINT ck_region_origin CHECK (origin IN ('REGISTERED', 'SAMPLE')),
        CONSTRAINT ck_region_version CHECK (version >= 1),
        CONSTRAINT uq_region_code UNIQUE (code),
        CONSTRAINT ck_region_kind
            CHECK (kind IN ('CITY', 'DISTRICT', 'COUNTY', 'COUNTY_LEVEL_CITY', 'PIONEER_ZONE')),
        CONSTRAINT ck_region_code CHECK (code ~ '^[0-9A-Z][0-9A-Z-]{1,31}$'),
        CONSTRAINT ck_region_name CHECK (name <> ''),
        CONSTRAINT ck_region_parent_id CHECK (parent_id <> id),
        CONSTRAINT ck_region_geometry
            CHECK (ST_IsValid(geometry) AND ST_IsPolygonCCW(geometry) AND NOT ST_IsEmpty(geometry)),
        CONSTRAINT fk_region_parent_id_region FOREIGN KEY (parent_id) REFERENCES region (id)
    )
    """,
    "CREATE INDEX ix_region_geometry ON region USING gist (geometry)",
    "CREATE INDEX ix_region_parent_id ON region (parent_id)",
    """
    CREATE TABLE region_closure (
        ancestor_id bigint NOT NULL,
        region_id bigint NOT NULL,
        depth integer NOT NULL,
        CONSTRAINT pk_region_closure PRIMARY KEY (ancestor_id, region_id),
        CONSTRAINT ck_region_closure_depth CHECK (depth >= 0),
        CONSTRAINT ck_region_closure_self CHECK ((depth = 0) = (ancestor_id = region_id)),
        CONSTRAINT fk_region_closure_ancestor_id_region
            FOREIGN KEY (ancestor_id) REFERENCES region (id) ON DELETE CASCADE,
        CONSTRAINT fk_region_closure_region_id_region
            FOREIGN KEY (region_id) REFERENCES region (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_region_closure_region_id ON region_closure (region_id)",
    """
    COMMENT ON TABLE region_closure IS
        'Every region with itself (depth 0) and each region above it; '
        'kept by a trigger on region, which also refuses a cycle.'
    """,
    """
    CREATE TABLE project (
        id bigint NOT NULL DEFAULT luodi_new_id(),
        code text NOT NULL,
        name text NOT NULL,
        stage text NOT NULL,
        total_investment numeric(18, 2) NOT NULL,
        location geometry(POINT,4326),
        footprint geometry(MULTIPOLYGON,4326),
        region_id bigint NOT NULL,
        started_on date,
        origin text NOT NULL DEFAULT 'REGISTERED',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT pk_project PRIMARY KEY (id),
        CONSTRAINT ck_project_origin CHECK (origin IN ('REGISTERED', 'SAMPLE')),
        CONSTRAINT ck_project_version CHECK (version >= 1),
        CONSTRAINT uq_project_code UNIQUE (code),
        CONSTRAINT ck_project_stage
            CHECK (stage IN ('PLANNED_RESERVE', 'PRELIMINARY_WORK', 'STARTED', 'UNDER_CONSTRUCTION',
            'IN_OPERATION', 'SUSPENDED', 'CANCELLED')),
        CONSTRAINT ck_project_code CHECK (code ~ '^[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6}$'),
        CONSTRAINT ck_project_name CHECK (name <> ''),
        CONSTRAINT ck_project_total_investment
            CHECK (total_investment >= 0 AND total_investment <> 'NaN'),
        CONSTRAINT ck_project_location
            CHECK (NOT ST_IsEmpty(location) AND ST_X(location) BETWEEN -180 AND 180
            AND ST_Y(location) BETWEEN -90 AND 90),
        CONSTRAINT ck_project_footprint
            CHECK (ST_IsValid(footprint) AND ST_IsPolygonCCW(footprint) AND NOT ST_IsEmpty(footprint)),
        CONSTRAINT ck_project_not_started_yet
            CHECK (stage NOT IN ('PLANNED_RESERVE', 'PRELIMINARY_WORK') OR started_on IS NULL),
        CONSTRAINT ck_project_started
            CHECK (stage NOT IN ('STARTED', 'UNDER_CONSTRUCTION', 'IN_OPERATION') OR started_on IS NOT NULL),
        CONSTRAINT ck_project_started_on CHECK (isfinite(started_on)),
        CONSTRAINT fk_project_region_id_region FOREIGN KEY (region_id) REFERENCES region (id)
    )
    """,
    "CREATE INDEX ix_project_footprint ON project USING gist (footprint)",
    "CREATE INDEX ix_project_location ON project USING gist (location)",
    "CREATE INDEX ix_project_location_geography ON project USING gist (geography(location))",
    "CREATE INDEX ix_project_region_id ON project (region_id, stage, total_investment, id)",
    "CREATE INDEX ix_project_stage ON project (stage, total_investment, id)",
    "CREATE INDEX ix_project_total_investment ON project (total_investment, id)",
    "CREATE INDEX ix_project_updated_at ON project (updated_at, id)",
    "COMMENT ON COLUMN project.total_investment IS '元'",
    """
    CREATE TABLE issue (
        id bigint NOT NULL DEFAULT luodi_new_id(),
        project_id bigint NOT NULL,
        title text NOT NULL,
        description text,
        status text NOT NULL,
        level text NOT NULL,
        severity text NOT NULL,
        deadline date,
        affected_area geometry(MULTIPOLYGON,4326),
        reported_by text NOT NULL,
        idempotency_key text,
        origin text NOT NULL DEFAULT 'REGISTERED',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT pk_issue PRIMARY KEY (id),
        CONSTRAINT ck_issue_origin CHECK (origin IN ('REGISTERED', 'SAMPLE')),
        CONSTRAINT ck_issue_version CHECK (version >= 1),
        CONSTRAINT uq_issue_reported_by_idempotency_key UNIQUE (reported_by, idempotency_key),
        CONSTRAINT ck_issue_status
            CHECK (status IN ('OPEN', 'ACCEPTED', 'IN_PROGRESS',
            'RESOLVED', 'VERIFIED', 'ESCALATED', 'REJECTED', 'REOPENED')),
        CONSTRAINT ck_issue_level CHECK (level IN ('REGION', 'VICE_MAYOR', 'EXEC_VICE_MAYOR', 'MAYOR')),
        CONSTRAINT ck_issue_severity CHECK (severity IN ('MINOR', 'MAJOR', 'CRITICAL')),
        CONSTRAINT ck_issue_title CHECK (title <> ''),
        CONSTRAINT ck_issue_region_deadline CHECK (level <> 'REGION' OR deadline IS NOT NULL),
        CONSTRAINT ck_issue_deadline CHECK (isfinite(deadline)),
        CONSTRAINT ck_issue_affected_area
            CHECK (ST_IsValid(affected_area) AND ST_IsPolygonCCW(affected_area)
            AND NOT ST_IsEmpty(affected_area)),
        CONSTRAINT fk_issue_project_id_project FOREIGN KEY (project_id) REFERENCES project (id)
    )
    """,
    "CREATE INDEX ix_issue_affected_area ON issue USING gist (affected_area)",
    "CREATE INDEX ix_issue_created_at ON issue (created_at, id)",
    "CREATE INDEX ix_issue_deadline ON issue (deadline, id)",
    "CREATE INDEX ix_issue_idempotency_key ON issue (idempotency_key)",
    "CREATE INDEX ix_issue_project_id ON issue (project_id, status, id)",
    "CREATE INDEX ix_issue_status ON issue (status, deadline, id)",
    """
    CREATE TABLE inspection (
        id bigint NOT NULL DEFAULT luodi_new_id(),
        project_id bigint NOT NULL,
        kind text NOT NULL,
        planned_on date NOT NULL,
        started_at timestamptz,
        result text,
        location geometry(POINT,4326),
        findings text,
        origin text NOT NULL DEFAULT 'REGISTERED',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT pk_inspection PRIMARY KEY (id),
        CONSTRAINT ck_inspection_origin CHECK (origin IN ('REGISTERED', 'SAMPLE')),
        CONSTRAINT ck_inspection_version CHECK (version >= 1),
        CONSTRAINT ck_inspection_kind
            CHECK (kind IN ('UNANNOUNCED', 'ON_SITE_CHECK', 'OFFICE', 'SERVICE')),
        CONSTRAINT ck_inspection_result
            CHECK (result IN ('SATISFACTORY', 'FINDINGS', 'RECTIFICATION_REQUIRED')),
        CONSTRAINT ck_inspection_result_needs_start CHECK (result IS NULL OR started_at IS NOT NULL),
        CONSTRAINT ck_inspection_started_at CHECK (isfinite(started_at) AND isfinite(planned_on)),
        CONSTRAINT ck_inspection_location
            CHECK (NOT ST_IsEmpty(location) AND ST_X(location) BETWEEN -180 AND 180
            AND ST_Y(location) BETWEEN -90 AND 90),
        CONSTRAINT fk_inspection_project_id_project FOREIGN KEY (project_id) REFERENCES project (id)
    )
    """,
    "CREATE INDEX ix_inspection_location ON inspection USING gist (location)",
    "CREATE INDEX ix_inspection_project_id ON inspection (project_id, started_at, id)",
    "CREATE INDEX ix_inspection_started_at ON inspection (started_at, id)",
    """
    CREATE TABLE parcel (
        id bigint NOT NULL DEFAULT luodi_new_id(),
        code text NOT NULL,
        kind text NOT NULL,
        status text NOT NULL,
        land_use text NOT NULL,
        area_hectares double precision NOT NULL,
        geometry geometry(MULTIPOLYGON,4326) NOT NULL,
        region_id bigint NOT NULL,
        origin text NOT NULL DEFAULT 'REGISTERED',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT pk_parcel PRIMARY KEY (id),
        CONSTRAINT ck_parcel_origin CHECK (origin IN ('REGISTERED', 'SAMPLE')),
        CONSTRAINT ck_parcel_version CHECK (version >= 1),
        CONSTRAINT uq_parcel_code UNIQUE (code),
        CONSTRAINT ck_parcel_kind CHECK (kind IN ('LAND', 'SEA_AREA')),
        CONSTRAINT ck_parcel_status CHECK (status IN ('RESERVED', 'ON_OFFER', 'DELISTED', 'BUILT')),
        CONSTRAINT ck_parcel_code CHECK (code ~ '^[0-9A-Z][0-9A-Z-]{1,31}$'),
        CONSTRAINT ck_parcel_area_hectares CHECK (area_hectares > 0 AND area_hectares < 'Infinity'),
        CONSTRAINT ck_parcel_geometry
            CHECK (ST_IsValid(geometry) AND ST_IsPolygonCCW(geometry) AND NOT ST_IsEmpty(geometry)),
        CONSTRAINT fk_parcel_land_use_land_use FOREIGN KEY (land_use) REFERENCES land_use (code),
        CONSTRAINT fk_parcel_region_id_region FOREIGN KEY (region_id) REFERENCES region (id)
    )
    """,
    "CREATE INDEX ix_parcel_geometry ON parcel USING gist (geometry)",
    "CREATE INDEX ix_parcel_geometry_geography ON parcel USING gist (geography(geometry))",
    "CREATE INDEX ix_parcel_land_use ON parcel (land_use)",
    "CREATE INDEX ix_parcel_region_id ON parcel (region_id, status, id)",
    "COMMENT ON COLUMN parcel.area_hectares IS '公顷, on the ellipsoid'",
    """
    CREATE TABLE change (
        sequence bigint GENERATED ALWAYS AS IDENTITY,
        transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
        recorded_at timestamptz NOT NULL DEFAULT now(),
        entity text NOT NULL,
        entity_id bigint NOT NULL,
        operation text NOT NULL,
        version integer NOT NULL,
        region_id bigint,
        actor text NOT NULL,
        CONSTRAINT pk_change PRIMARY KEY (sequence),
        CONSTRAINT ck_change_operation CHECK (operation IN ('CREATED', 'UPDATED', 'DELETED')),
        CONSTRAINT ck_change_entity CHECK (entity <> ''),
        CONSTRAINT ck_change_version CHECK (version >= 1),
        CONSTRAINT fk_change_region_id_region FOREIGN KEY (region_id) REFERENCES region (id)
    )
    """,
    "CREATE INDEX ix_change_entity ON change (entity, entity_id, version)",
    "CREATE INDEX ix_change_region_id ON change (region_id)",
    "CREATE INDEX ix_change_transaction_id ON change (transaction_id, sequence)",
    """
    COMMENT ON TABLE change IS
        'Append-only. Read in the order of (transaction_id, sequence), '
        'only below pg_snapshot_xmin: a late commit is never skipped.'
    """,
    """
    CREATE TABLE idempotency_key (
        subject text NOT NULL,
        key text NOT NULL,
        mutation text NOT NULL,
        request_digest text NOT NULL,
        entity_id bigint,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_idempotency_key PRIMARY KEY (subject, key),
        CONSTRAINT ck_idempotency_key_key CHECK (char_length(key) BETWEEN 1 AND 200)
    )
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute(
        "DROP TABLE idempotency_key, change, parcel, inspection, issue, project, region_closure, region,"
        " policy_parameter, land_use"
    )
