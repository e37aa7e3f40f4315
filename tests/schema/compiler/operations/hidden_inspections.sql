SELECT CAST(connection_1.p0 AS TEXT) AS c0, connection_1.p1 AS c1, CAST((SELECT count(*) AS count_1
FROM project AS project_1
WHERE EXISTS (SELECT 1
FROM inspection AS inspection_3
WHERE inspection_3.project_id = project_1.id AND (inspection_3.kind != 'UNANNOUNCED' OR inspection_3.started_at IS NOT NULL) AND inspection_3.kind = $2::text)) AS TEXT) AS c2
FROM (SELECT (SELECT count(*) AS count_2
FROM inspection AS inspection_1
WHERE inspection_1.kind != 'UNANNOUNCED' OR inspection_1.started_at IS NOT NULL) AS p0, coalesce(string_agg(('{"kind":"' || CAST(page_1.kind AS TEXT) || '"}'), ','), '') AS p1
FROM (SELECT limited_1.kind AS kind
FROM (SELECT inspection_2.kind AS kind
FROM inspection AS inspection_2
WHERE inspection_2.kind != 'UNANNOUNCED' OR inspection_2.started_at IS NOT NULL ORDER BY inspection_2.id ASC
 LIMIT $1::bigint) AS limited_1
 LIMIT 50) AS page_1) AS connection_1
