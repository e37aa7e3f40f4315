SELECT connection_1.p0 AS c0
FROM (SELECT coalesce(string_agg(('{"code":' || CAST(to_json(page_1.code) AS TEXT) || ',"location":' || coalesce(ST_AsGeoJSON(page_1.location, 7, 0), 'null') || '}'), ','), '') AS p0
FROM (SELECT limited_1.code AS code, limited_1.location AS location
FROM (SELECT project_1.code AS code, project_1.location AS location
FROM project AS project_1
WHERE (project_1.location && $1::text::geometry) AND coalesce((point(project_1.location) <@ $2::box) OR (point(project_1.location) <@ $3::box), false) ORDER BY project_1.id ASC
 LIMIT $4::bigint) AS limited_1
 LIMIT 100) AS page_1) AS connection_1
