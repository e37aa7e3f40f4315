SELECT coalesce((SELECT ('{"region":' || coalesce(one_2.j, 'null') || ',"issues":' || (SELECT ('{"totalCount":' || (SELECT count(*) AS count_1
FROM issue AS issue_1
WHERE issue_1.project_id = project_1.id) || ',"nodes":[' || coalesce(string_agg(('{"title":' || CAST(to_json(page_1.title) AS TEXT) || ',"deadline":' || coalesce(('"' || CAST(page_1.deadline AS TEXT) || '"'), 'null') || '}'), ','), '') || ']}') AS anon_2
FROM (SELECT limited_1.title AS title, limited_1.deadline AS deadline
FROM (SELECT issue_2.title AS title, issue_2.deadline AS deadline
FROM issue AS issue_2
WHERE issue_2.project_id = project_1.id ORDER BY issue_2.id ASC
 LIMIT $2::bigint) AS limited_1
 LIMIT 5) AS page_1) || '}') AS anon_1
FROM project AS project_1 LEFT OUTER JOIN LATERAL (SELECT region_1.id AS id, ('{"name":' || CAST(to_json(region_1.name) AS TEXT) || ',"parent":' || coalesce(one_1.j, 'null') || '}') AS j
FROM region AS region_1 LEFT OUTER JOIN LATERAL (SELECT region_2.id AS id, ('{"name":' || CAST(to_json(region_2.name) AS TEXT) || '}') AS j
FROM region AS region_2
WHERE region_2.id = region_1.parent_id
 LIMIT ALL OFFSET 0) AS one_1 ON true
WHERE region_1.id = project_1.region_id
 LIMIT ALL OFFSET 0) AS one_2 ON true
WHERE project_1.id = $1::bigint), 'null') AS c0
