SELECT ('{"inspections":' || (SELECT ('{"totalCount":' || (SELECT count(*) AS count_1
FROM inspection AS inspection_1
WHERE inspection_1.kind != 'UNANNOUNCED' OR inspection_1.started_at IS NOT NULL) || ',"nodes":[' || coalesce(string_agg(('{"kind":"' || CAST(page_1.kind AS TEXT) || '"}'), ','), '') || ']}') AS anon_2
FROM (SELECT inspection_2.kind AS kind
FROM inspection AS inspection_2
WHERE inspection_2.kind != 'UNANNOUNCED' OR inspection_2.started_at IS NOT NULL ORDER BY inspection_2.id ASC
 LIMIT $1::bigint) AS page_1) || ',"projects":' || (SELECT ('{"totalCount":' || (SELECT count(*) AS count_2
FROM project AS project_1
WHERE EXISTS (SELECT 1
FROM inspection AS inspection_3
WHERE inspection_3.project_id = project_1.id AND (inspection_3.kind != 'UNANNOUNCED' OR inspection_3.started_at IS NOT NULL) AND inspection_3.kind = $2::text)) || '}') AS anon_3) || '}') AS anon_1
