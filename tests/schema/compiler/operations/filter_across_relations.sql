SELECT CAST(connection_1.p0 AS TEXT) AS c0, connection_1.p1 AS c1
FROM (SELECT (SELECT count(*) AS count_1
FROM project AS project_1
WHERE (EXISTS (SELECT 1
FROM region AS region_1
WHERE region_1.id = project_1.region_id AND region_1.id IN (SELECT region_closure.region_id
FROM region_closure JOIN region ON region.id = region_closure.ancestor_id
WHERE region.code = $1::text))) AND (EXISTS (SELECT 1
FROM issue AS issue_1
WHERE issue_1.project_id = project_1.id AND issue_1.status = any($2::text[])))) AS p0, coalesce(string_agg(('{"name":' || CAST(to_json(page_1.name) AS TEXT) || '}'), ','), '') AS p1
FROM (SELECT limited_1.name AS name
FROM (SELECT project_2.name AS name
FROM project AS project_2
WHERE (EXISTS (SELECT 1
FROM region AS region_2
WHERE region_2.id = project_2.region_id AND region_2.id IN (SELECT region_closure.region_id
FROM region_closure JOIN region ON region.id = region_closure.ancestor_id
WHERE region.code = $1::text))) AND (EXISTS (SELECT 1
FROM issue AS issue_2
WHERE issue_2.project_id = project_2.id AND issue_2.status = any($3::text[]))) ORDER BY project_2.id ASC
 LIMIT $4::bigint) AS limited_1
 LIMIT 50) AS page_1) AS connection_1
