SELECT ('{"projects":' || (SELECT ('{"nodes":[' || coalesce(string_agg(('{"code":' || CAST(to_json(page_1.code) AS TEXT) || ',"location":' || coalesce(ST_AsGeoJSON(page_1.location, 7, 0), 'null') || '}'), ','), '') || ']}') AS anon_2
FROM (SELECT project_1.code AS code, project_1.location AS location
FROM project AS project_1
WHERE (project_1.location && CASE WHEN ($1::float8 <= $3::float8) THEN ST_MakeEnvelope($1::float8, $2::float8, $3::float8, $4::float8, 4326) ELSE ST_MakeEnvelope(-180, $2::float8, 180, $4::float8, 4326) END) AND coalesce(ST_Y(project_1.location) >= $2::float8 AND ST_Y(project_1.location) <= $4::float8 AND CASE WHEN ($1::float8 <= $3::float8) THEN ST_X(project_1.location) >= $1::float8 AND ST_X(project_1.location) <= $3::float8 ELSE ST_X(project_1.location) >= $1::float8 OR ST_X(project_1.location) <= $3::float8 END, false) ORDER BY project_1.id ASC
 LIMIT $5::bigint) AS page_1) || '}') AS anon_1
