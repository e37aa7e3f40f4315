-- What a drawn city lacks: NULLs, ties, text that JSON and LIKE would trip over, places that touch or coincide.
CREATE TEMP TABLE some_project ON COMMIT DROP AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM project;
UPDATE project SET name = E'引号 " 反斜杠 \\ 制表\t换行\n百分 % _ \u0001 \U0001F3D7 ''' WHERE id = (SELECT id FROM some_project WHERE n = 1);
UPDATE project SET name = (SELECT name FROM project WHERE id = (SELECT id FROM some_project WHERE n = 1))
    WHERE id = (SELECT id FROM some_project WHERE n = 2);
UPDATE project SET location = NULL, footprint = NULL WHERE id IN (SELECT id FROM some_project WHERE n IN (3, 4, 5));
UPDATE project SET total_investment = 0 WHERE id IN (SELECT id FROM some_project WHERE n IN (6, 7));
UPDATE project SET total_investment = 1000000.10 WHERE id IN (SELECT id FROM some_project WHERE n IN (8, 9, 10));
UPDATE project SET version = n, updated_at = timestamptz '2026-01-02 03:04:05.600+00' + n % 3 * interval '1 microsecond'
    FROM some_project s WHERE s.id = project.id AND n BETWEEN 11 AND 20;
-- Four projects in one spot, on the corner of a parcel; one at the antimeridian.
UPDATE project SET location = (SELECT ST_StartPoint(ST_ExteriorRing(ST_GeometryN(geometry, 1))) FROM parcel ORDER BY id LIMIT 1)
    WHERE id IN (SELECT id FROM some_project WHERE n BETWEEN 21 AND 24);
UPDATE project SET location = ST_SetSRID(ST_MakePoint(180, 38.9), 4326) WHERE id = (SELECT id FROM some_project WHERE n = 25);
UPDATE project SET footprint = ST_Multi((SELECT geometry FROM parcel ORDER BY id DESC LIMIT 1))
    WHERE id IN (SELECT id FROM some_project WHERE n IN (26, 27));

CREATE TEMP TABLE some_issue ON COMMIT DROP AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM issue;
UPDATE issue SET description = '', reported_by = 'o''brien' WHERE id IN (SELECT id FROM some_issue WHERE n IN (1, 2));
UPDATE issue SET idempotency_key = 'key_' || n FROM some_issue s WHERE s.id = issue.id AND n BETWEEN 3 AND 9;
UPDATE issue SET affected_area = (SELECT geometry FROM parcel ORDER BY id LIMIT 1)
    WHERE id IN (SELECT id FROM some_issue WHERE n IN (5, 10));
UPDATE issue SET affected_area = (SELECT geometry FROM parcel ORDER BY id DESC LIMIT 1)
    WHERE id IN (SELECT id FROM some_issue WHERE n IN (11, 12));

-- Unannounced inspections that have not started, beside one that has.
CREATE TEMP TABLE some_inspection ON COMMIT DROP AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM inspection;
UPDATE inspection SET kind = 'UNANNOUNCED', started_at = NULL, result = NULL, findings = NULL
    WHERE id IN (SELECT id FROM some_inspection WHERE n <= 12);
UPDATE inspection SET kind = 'UNANNOUNCED', started_at = '2026-03-04 05:06:07+00'
    WHERE id IN (SELECT id FROM some_inspection WHERE n BETWEEN 13 AND 16);

UPDATE parcel SET area_hectares = 12 WHERE id IN (SELECT id FROM parcel ORDER BY id LIMIT 3);
UPDATE region SET geometry = NULL WHERE id = (SELECT id FROM region WHERE kind = 'PIONEER_ZONE' ORDER BY id LIMIT 1);
INSERT INTO region (code, name, kind, parent_id) VALUES ('999999', '飞地', 'COUNTY', NULL);
