SELECT connection_1.p0 AS c0
FROM (SELECT coalesce(string_agg(('{"title":' || CAST(to_json(page_1.title) AS TEXT) || '}'), ','), '') AS p0
FROM (SELECT limited_1.title AS title
FROM (SELECT issue_1.title AS title
FROM issue AS issue_1
WHERE issue_1.deadline IS DISTINCT FROM $1::date AND (EXISTS (SELECT 1
FROM project AS project_1
WHERE project_1.id = issue_1.project_id AND project_1.location IS NULL)) IS NOT true ORDER BY issue_1.id ASC
 LIMIT $2::bigint) AS limited_1
 LIMIT 50) AS page_1) AS connection_1
