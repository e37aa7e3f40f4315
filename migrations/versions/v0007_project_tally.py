"""A tally of projects, kept by their writers: what a roll-up reads instead of a million rows."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# A difference goes into any slot that no other open transaction holds, and into a new one when there is none: writers
# of one region never wait for one another here nor deadlock, and there are as many slots as there were writers at once.
# Outside READ COMMITTED a slot may have changed since the snapshot, and updating it would fail: there it makes one.
#
# The row that this transaction wrote last is found by its place. By its key, thousands of writes in one transaction
# would each walk over the versions that all before them left, which nobody may clear away until it ends. The setting is
# local: it falls with the savepoint it was made under, as that version does. It is a hint and no more, for a difference
# may go into any slot of its group.
#
# One write in fifty takes in the slots of all who are gone.
ADD = """
    CREATE FUNCTION luodi_add_to_project_tally(
        in_region bigint, at_stage text, more bigint, worth numeric, opened bigint
    ) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE
        remembered text := 'luodi.tallied_' || to_hex(in_region) || '_' || at_stage;
        place tid := nullif(current_setting(remembered, true), '');
        mine bigint;
        spare record;
    BEGIN
        IF place IS NOT NULL THEN
            UPDATE project_tally SET projects = projects + more, total_investment = total_investment + worth,
                open_issues = open_issues + opened
            WHERE ctid = place AND region_id = in_region AND stage = at_stage
            RETURNING ctid INTO place;
        ELSIF current_setting('transaction_isolation') = 'read committed' THEN
            UPDATE project_tally SET projects = projects + more, total_investment = total_investment + worth,
                open_issues = open_issues + opened
            WHERE region_id = in_region AND stage = at_stage AND slot = (
                SELECT slot FROM project_tally WHERE region_id = in_region AND stage = at_stage
                LIMIT 1 FOR UPDATE SKIP LOCKED
            )
            RETURNING ctid, slot INTO place, mine;
            IF mine IS NOT NULL AND random() < 0.02 THEN
                WITH gone AS (
                    DELETE FROM project_tally
                    WHERE region_id = in_region AND stage = at_stage AND slot = ANY (ARRAY(
                        SELECT slot FROM project_tally
                        WHERE region_id = in_region AND stage = at_stage AND slot <> mine FOR UPDATE SKIP LOCKED
                    ))
                    RETURNING projects, total_investment, open_issues
                )
                SELECT sum(projects) AS projects, sum(total_investment) AS total_investment,
                       sum(open_issues) AS open_issues
                INTO spare FROM gone;
                IF spare.projects IS NOT NULL THEN
                    UPDATE project_tally SET projects = projects + spare.projects,
                        total_investment = total_investment + spare.total_investment,
                        open_issues = open_issues + spare.open_issues
                    WHERE region_id = in_region AND stage = at_stage AND slot = mine
                    RETURNING ctid INTO place;
                END IF;
            END IF;
        END IF;
        IF place IS NULL THEN
            INSERT INTO project_tally (region_id, stage, slot, projects, total_investment, open_issues)
            VALUES (in_region, at_stage, luodi_new_id(), more, worth, opened)
            RETURNING ctid INTO place;
        END IF;
        RETURN set_config(remembered, place::text, true);
    END
    $$
"""

# Who moves a project takes its open issues with it, counted after its own update. Why no interleaving loses one:
# region_id and stage stand in a unique index, which makes them columns of a key to PostgreSQL; therefore a move waits
# for, and is waited for by, everyone who holds FOR KEY SHARE on the project, and whoever opens or closes an issue takes
# that lock before asking where the project stands.
#   - The issue's writer has the lock first: the move waits for its end, then counts what it left.
#   - The move is first: it does not see the issue's uncommitted change and does not carry it; the issue's writer waits
#     for the end of the move, reads where the project stands then, and counts there.
#   - The move is rolled back: the issue's writer reads the old place, whose count the move never changed.
# Changes of a project's other columns, its investment aside, neither wait nor are waited for.
#
# A snapshot older than the lock would not count what was committed in between, so a move asks for READ COMMITTED.
#
# No transition table is joined to anything: a plan made for one row is kept, and would serve a hundred thousand.
TALLY_PROJECTS = """
    CREATE FUNCTION luodi_tally_projects() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        sign bigint := CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END;
        change record;
        settled text;
    BEGIN
        -- a project comes and goes without issues: the foreign key sees to it
        FOR change IN
            SELECT region_id, stage, sign * count(*) AS more, sign * sum(total_investment) AS worth
            FROM written GROUP BY region_id, stage
        LOOP
            settled := luodi_add_to_project_tally(change.region_id, change.stage, change.more, change.worth, 0);
        END LOOP;
        RETURN NULL;
    END
    $$
"""

TALLY_MOVES = """
    CREATE FUNCTION luodi_tally_moves() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        change record;
        settled text;
    BEGIN
        FOR change IN
            SELECT region_id, stage, bool_or(more <> 0) AS moved, sum(more)::bigint AS more, sum(worth) AS worth,
                   sum(CASE WHEN more <> 0 THEN more * (
                       SELECT count(*) FROM issue WHERE project_id = one.id AND status = 'OPEN'
                   ) ELSE 0 END)::bigint AS opened
            FROM (
                SELECT id, region_id, stage, sum(sign) AS more, sum(worth) AS worth
                FROM (
                    SELECT id, region_id, stage, -1 AS sign, -total_investment AS worth FROM before
                    UNION ALL
                    SELECT id, region_id, stage, 1, total_investment FROM after
                ) AS version
                GROUP BY id, region_id, stage HAVING sum(sign) <> 0 OR sum(worth) <> 0
            ) AS one
            GROUP BY region_id, stage
        LOOP
            IF change.moved AND current_setting('transaction_isolation') <> 'read committed' THEN
                RAISE EXCEPTION 'projects change their region or stage under READ COMMITTED, not %',
                    upper(current_setting('transaction_isolation'))
                    USING ERRCODE = 'object_not_in_prerequisite_state', TABLE = 'project';
            END IF;
            IF change.moved AND current_setting('luodi.moves', true) <> ''
                    AND current_setting('luodi.moves_among_issue_writes', true) = 'on' THEN
                RAISE EXCEPTION 'one statement changes the region or stage of projects and writes issues'
                    USING ERRCODE = 'object_not_in_prerequisite_state', TABLE = 'project',
                          HINT = 'Write them in two statements of one transaction.';
            END IF;
            settled := luodi_add_to_project_tally(
                change.region_id, change.stage, change.more, change.worth, change.opened
            );
        END LOOP;
        RETURN NULL;
    END
    $$
"""

TALLY_ISSUES = """
    CREATE FUNCTION luodi_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        sign bigint := CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END;
        change record;
        settled text;
    BEGIN
        settled := set_config('luodi.issue_writes', substr(current_setting('luodi.issue_writes', true), 2), true);
        FOR change IN
            SELECT place.region_id, place.stage, sign * sum(one.opened)::bigint AS opened
            FROM (
                {opened}
            ) AS one
            LEFT JOIN LATERAL (
                SELECT region_id, stage FROM project WHERE id = one.project_id FOR KEY SHARE
            ) AS place ON true
            GROUP BY place.region_id, place.stage
        LOOP
            IF change.region_id IS NULL THEN
                RAISE EXCEPTION 'one statement deletes projects and their issues'
                    USING ERRCODE = 'object_not_in_prerequisite_state', TABLE = 'issue',
                          HINT = 'Delete them in two statements of one transaction.';
            END IF;
            settled := luodi_add_to_project_tally(change.region_id, change.stage, 0, 0, change.opened);
        END LOOP;
        RETURN NULL;
    END
    $$
"""

OPENED = """SELECT project_id, count(*) AS opened FROM written WHERE status = 'OPEN'
                GROUP BY project_id ORDER BY project_id"""

REOPENED = """SELECT project_id, sum(step) AS opened
                FROM (
                    SELECT project_id, -1 AS step FROM before WHERE status = 'OPEN'
                    UNION ALL
                    SELECT project_id, 1 FROM after WHERE status = 'OPEN'
                ) AS version
                GROUP BY project_id HAVING sum(step) <> 0 ORDER BY project_id"""

# One statement that moves projects and writes issues (two WITH parts, or a trigger on one that writes the other) has no
# order between the two: both would count the same change. These settings, a stroke for each statement under way, tell
# the move of it, and it is refused rather than counted wrong.
BEGIN_ISSUE_WRITE = """
    CREATE FUNCTION luodi_begin_issue_write() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        settled text;
    BEGIN
        settled := set_config('luodi.issue_writes', concat(current_setting('luodi.issue_writes', true), '|'), true);
        IF current_setting('luodi.moves', true) <> '' THEN
            settled := set_config('luodi.moves_among_issue_writes', 'on', true);
        END IF;
        RETURN NULL;
    END
    $$
"""

BEGIN_MOVE = """
    CREATE FUNCTION luodi_begin_move() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        settled text;
    BEGIN
        IF current_setting('luodi.issue_writes', true) <> '' THEN
            settled := set_config('luodi.moves_among_issue_writes', 'on', true);
        ELSIF coalesce(current_setting('luodi.moves', true), '') = '' THEN
            settled := set_config('luodi.moves_among_issue_writes', 'off', true);
        END IF;
        settled := set_config('luodi.moves', concat(current_setting('luodi.moves', true), '|'), true);
        RETURN NULL;
    END
    $$
"""

END_MOVE = """
    CREATE FUNCTION luodi_end_move() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        settled text;
    BEGIN
        settled := set_config('luodi.moves', substr(current_setting('luodi.moves', true), 2), true);
        RETURN NULL;
    END
    $$
"""

# Also what mends a tally that was loaded past its triggers. Readers go on reading the old one until the commit.
RECOUNT = """
    CREATE FUNCTION luodi_recount_projects() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('transaction_isolation') <> 'read committed' THEN
            RAISE EXCEPTION 'projects are recounted under READ COMMITTED, not %',
                upper(current_setting('transaction_isolation'))
                USING ERRCODE = 'object_not_in_prerequisite_state', TABLE = 'project_tally';
        END IF;
        LOCK TABLE project, issue IN SHARE ROW EXCLUSIVE MODE;
        UPDATE project SET version = version WHERE false; -- whoever holds an answer made of the old tally must notice
        DELETE FROM project_tally;
        INSERT INTO project_tally (region_id, stage, slot, projects, total_investment, open_issues)
        SELECT region_id, stage, luodi_new_id(), count(*), sum(total_investment), coalesce(sum(issues), 0)
        FROM project
        LEFT JOIN (SELECT project_id, count(*) AS issues FROM issue WHERE status = 'OPEN' GROUP BY project_id) AS opened
            ON opened.project_id = project.id
        GROUP BY region_id, stage;
    END
    $$
"""

TALLY_TRUNCATE = """
    CREATE FUNCTION luodi_tally_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM luodi_recount_projects();
        RETURN NULL;
    END
    $$
"""

# Those after a statement run in the order of their names: a move ends after it was tallied.
TRIGGERS = (
    "issue_begin BEFORE INSERT OR UPDATE OR DELETE ON issue FOR EACH STATEMENT"
    " EXECUTE FUNCTION luodi_begin_issue_write()",
    "issue_tally_insert AFTER INSERT ON issue REFERENCING NEW TABLE AS written FOR EACH STATEMENT"
    " EXECUTE FUNCTION luodi_tally_issues()",
    "issue_tally_delete AFTER DELETE ON issue REFERENCING OLD TABLE AS written FOR EACH STATEMENT"
    " EXECUTE FUNCTION luodi_tally_issues()",
    "issue_tally_update AFTER UPDATE ON issue REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT"
    " EXECUTE FUNCTION luodi_tally_issue_changes()",
    "issue_tally_truncate AFTER TRUNCATE ON issue FOR EACH STATEMENT EXECUTE FUNCTION luodi_tally_truncate()",
    "project_begin BEFORE UPDATE OF region_id, stage ON project FOR EACH STATEMENT EXECUTE FUNCTION luodi_begin_move()",
    "project_tally_insert AFTER INSERT ON project REFERENCING NEW TABLE AS written FOR EACH STATEMENT"
    " EXECUTE FUNCTION luodi_tally_projects()",
    "project_tally_delete AFTER DELETE ON project REFERENCING OLD TABLE AS written FOR EACH STATEMENT"
    " EXECUTE FUNCTION luodi_tally_projects()",
    "project_tally_update AFTER UPDATE ON project REFERENCING OLD TABLE AS before NEW TABLE AS after"
    " FOR EACH STATEMENT EXECUTE FUNCTION luodi_tally_moves()",
    "project_tally_update_end AFTER UPDATE OF region_id, stage ON project FOR EACH STATEMENT"
    " EXECUTE FUNCTION luodi_end_move()",
    "project_tally_truncate AFTER TRUNCATE ON project FOR EACH STATEMENT EXECUTE FUNCTION luodi_tally_truncate()",
)


def upgrade() -> None:
    op.create_table(
        "project_tally",
        sa.Column("region_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("projects", sa.BigInteger(), nullable=False),
        sa.Column("total_investment", sa.Numeric(), nullable=False, comment="元"),
        sa.Column("open_issues", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("region_id", "stage", "slot", name="pk_project_tally"),
        comment="The tally of a region's projects of a stage is the sum over its slots, of which some may be negative; "
        "kept by triggers on project and issue.",
        postgresql_with={"fillfactor": 50, "autovacuum_vacuum_threshold": 500, "autovacuum_vacuum_scale_factor": 0},
    )
    op.drop_index("ix_project_region_id", "project")
    op.create_index("ix_project_region_id", "project", ["region_id", "stage", "total_investment", "id"], unique=True)
    for function in (
        ADD,
        TALLY_PROJECTS,
        TALLY_MOVES,
        TALLY_ISSUES.format(name="tally_issues", opened=OPENED),
        TALLY_ISSUES.format(name="tally_issue_changes", opened=REOPENED),
        BEGIN_ISSUE_WRITE,
        BEGIN_MOVE,
        END_MOVE,
        RECOUNT,
        TALLY_TRUNCATE,
    ):
        op.execute(function)
    for trigger in TRIGGERS:
        op.execute(f"CREATE TRIGGER {trigger}")
    op.execute("SELECT luodi_recount_projects()")


def downgrade() -> None:
    for trigger in TRIGGERS:
        name, _, rest = trigger.partition(" ")
        op.execute(f"DROP TRIGGER {name} ON {rest.partition(' ON ')[2].partition(' ')[0]}")
    op.execute(
        "DROP FUNCTION luodi_tally_truncate(), luodi_recount_projects(), luodi_end_move(), luodi_begin_move(),"
        " luodi_begin_issue_write(), luodi_tally_issue_changes(), luodi_tally_issues(), luodi_tally_moves(),"
        " luodi_tally_projects(), luodi_add_to_project_tally(bigint, text, bigint, numeric, bigint)"
    )
    op.drop_index("ix_project_region_id", "project")
    op.create_index("ix_project_region_id", "project", ["region_id", "stage", "total_investment", "id"])
    op.drop_table("project_tally")
