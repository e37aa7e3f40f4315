SELECT CAST(connection_1.p0 AS TEXT) AS c0, connection_1.p1 AS c1
FROM (SELECT (SELECT count(*) AS count_1
FROM project AS project_1
WHERE project_1.location IS NOT NULL) AS p0, coalesce(string_agg(('{"distanceMeters":' || CAST(page_1.k0 AS TEXT) || ',"node":{"name":' || CAST(to_json(page_1.name) AS TEXT) || '}}'), ','), '') AS p1
FROM (SELECT limited_2.name AS name, limited_2.k0 AS k0, limited_2.k1 AS k1
FROM (SELECT page_1_near.name AS name, page_1_near.k0 AS k0, page_1_near.k1 AS k1
FROM (SELECT project_2.name AS name, ST_Distance(geography(project_2.location), geography($1::text::geometry)) AS k0, project_2.id AS k1
FROM project AS project_2
WHERE project_2.location IS NOT NULL AND (geography(project_2.location) && _ST_Expand(geography($1::text::geometry), (SELECT max(nearest_1.d) * 1.02 + 1 AS anon_1
FROM (SELECT limited_1.d AS d
FROM (SELECT geography(project_3.location) <-> geography($1::text::geometry) AS d
FROM project AS project_3
WHERE project_3.location IS NOT NULL AND geography($1::text::geometry) IS NOT NULL ORDER BY geography(project_3.location) <-> geography($1::text::geometry)
 LIMIT $2::bigint) AS limited_1
 LIMIT 1) AS nearest_1)))
 LIMIT ALL OFFSET 0) AS page_1_near ORDER BY page_1_near.k0 ASC, page_1_near.k1 ASC
 LIMIT $2::bigint) AS limited_2
 LIMIT 1) AS page_1) AS connection_1
