SELECT coalesce((SELECT ('{"nearbyParcels":' || (SELECT ('{"edges":[' || coalesce(string_agg(('{"distanceMeters":' || CAST(page_1.k0 AS TEXT) || ',"node":{"code":' || CAST(to_json(page_1.code) AS TEXT) || '}}'), ','), '') || ']}') AS anon_2
FROM (SELECT limited_2.code AS code, limited_2.k0 AS k0, limited_2.k1 AS k1
FROM (SELECT page_1_near.code AS code, page_1_near.k0 AS k0, page_1_near.k1 AS k1
FROM (SELECT parcel_1.code AS code, ST_Distance(geography(parcel_1.geometry), geography(project_1.location)) AS k0, parcel_1.id AS k1
FROM parcel AS parcel_1
WHERE geography(parcel_1.geometry) && _ST_Expand(geography(project_1.location), least($2::float8, (SELECT max(nearest_1.d) * 1.02 + 1 AS anon_3
FROM (SELECT limited_1.d AS d
FROM (SELECT geography(parcel_2.geometry) <-> geography(project_1.location) AS d
FROM parcel AS parcel_2
WHERE (geography(parcel_2.geometry) && _ST_Expand(geography(project_1.location), $2::float8)) AND geography(project_1.location) IS NOT NULL ORDER BY geography(parcel_2.geometry) <-> geography(project_1.location)
 LIMIT $3::bigint) AS limited_1
 LIMIT 5) AS nearest_1)))
 LIMIT ALL OFFSET 0) AS page_1_near
WHERE page_1_near.k0 <= $2::float8 ORDER BY page_1_near.k0 ASC, page_1_near.k1 ASC
 LIMIT $3::bigint) AS limited_2
 LIMIT 5) AS page_1) || '}') AS anon_1
FROM project AS project_1
WHERE project_1.id = $1::bigint), 'null') AS c0
