"""The floor's statements: each returns the whole body of the answer as one text.

Every value that may be NULL is coalesced (one NULL nulls a whole ``||`` chain, and ``string_agg`` then drops the row),
every text that people write passes ``to_json``, and enums, ids and numbers need no escaping.

An unannounced inspection that has not begun is left out, as it is for every reader of the product (S52).

The nearest parcels are found the usual way: ``<->`` walks the index by distance on the sphere, a few more than asked
for are measured on the ellipsoid, and those decide. Three spare ones are enough while no more than that lie within
0.6 % of the distance of the fifth; a server must be right beyond that too, and pays for it.
"""

VIEWPORT = """
WITH r AS MATERIALIZED (
  SELECT id, '{"id":"reg_' || id || '","name":' || to_json(name) || '}' AS object FROM region
)
SELECT '{"data":{"projects":{"nodes":[' || coalesce(string_agg(object, ','), '') || ']}}}'
FROM (
  SELECT '{"id":"prj_' || p.id || '","name":' || to_json(p.name) || ',"stage":"' || p.stage
    || '","totalInvestment":"' || p.total_investment
    || '","location":' || coalesce(ST_AsGeoJSON(p.location, 7, 0), 'null')
    || ',"region":' || r.object || '}' AS object
  FROM project AS p JOIN r ON r.id = p.region_id
  WHERE p.location && ST_MakeEnvelope($1, $2, $3, $4, 4326)
  ORDER BY p.id LIMIT $5
) AS viewport
"""

NESTED = """
SELECT '{"data":{"projects":{"nodes":[' || coalesce(string_agg(object, ','), '') || ']}}}'
FROM (
  SELECT '{"id":"prj_' || p.id || '","code":"' || p.code || '","name":' || to_json(p.name)
    || ',"stage":"' || p.stage || '","totalInvestment":"' || p.total_investment
    || '","region":{"code":"' || r.code || '","name":' || to_json(r.name)
    || '},"issues":{"nodes":[' || i.objects || ']},"inspections":{"nodes":[' || n.objects || ']}}' AS object
  FROM region AS r
  CROSS JOIN LATERAL (
    SELECT id, code, name, stage, total_investment FROM project
    WHERE region_id = r.id AND stage = $1 ORDER BY total_investment DESC, id DESC LIMIT $3
  ) AS p
  CROSS JOIN LATERAL (
    SELECT coalesce(string_agg('{"id":"iss_' || id || '","title":' || to_json(title) || ',"level":"' || level
      || '","severity":"' || severity || '","deadline":' || coalesce(to_json(deadline)::text, 'null')
      || ',"createdAt":' || to_json(created_at) || '}', ','), '') AS objects
    FROM (
      SELECT id, title, level, severity, deadline, created_at FROM issue
      WHERE project_id = p.id AND status = 'OPEN' ORDER BY created_at DESC, id DESC LIMIT 10
    ) AS latest
  ) AS i
  CROSS JOIN LATERAL (
    SELECT coalesce(string_agg('{"id":"ins_' || id || '","kind":"' || kind
      || '","startedAt":' || coalesce(to_json(started_at)::text, 'null')
      || ',"result":' || coalesce('"' || result || '"', 'null') || '}', ','), '') AS objects
    FROM (
      SELECT id, kind, started_at, result FROM inspection
      WHERE project_id = p.id AND (kind <> 'UNANNOUNCED' OR started_at IS NOT NULL)
      ORDER BY started_at DESC NULLS LAST, id DESC LIMIT 3
    ) AS latest
  ) AS n
  WHERE r.code = $2
  ORDER BY p.total_investment DESC, p.id DESC
) AS nested
"""

BIG_MAP = """
SELECT '{"data":{"projects":{"nodes":[' || coalesce(string_agg(object, ','), '') || ']}}}'
FROM (
  SELECT '{"id":"prj_' || id || '","stage":"' || stage
    || '","location":' || coalesce(ST_AsGeoJSON(location, 7, 0), 'null') || '}' AS object
  FROM project WHERE location && ST_MakeEnvelope($1, $2, $3, $4, 4326)
  ORDER BY id LIMIT $5
) AS big_map
"""

ONE = """
SELECT '{"data":{"project":' || coalesce((
  SELECT '{"id":"prj_' || p.id || '","code":"' || p.code || '","name":' || to_json(p.name)
    || ',"stage":"' || p.stage || '","totalInvestment":"' || p.total_investment
    || '","location":' || coalesce(ST_AsGeoJSON(p.location, 7, 0), 'null')
    || ',"startedOn":' || coalesce(to_json(p.started_on)::text, 'null')
    || ',"updatedAt":' || to_json(p.updated_at)
    || ',"region":{"id":"reg_' || r.id || '","code":"' || r.code || '","name":' || to_json(r.name) || '}}'
  FROM project AS p JOIN region AS r ON r.id = p.region_id WHERE p.id = $1
), 'null') || '}}'
"""

TOGETHER = """
SELECT '{"data":{"projects":{"nodes":[' || coalesce(string_agg(object, ','), '') || ']}}}'
FROM (
  SELECT '{"id":"prj_' || p.id || '","name":' || to_json(p.name)
    || ',"location":' || coalesce(ST_AsGeoJSON(p.location, 7, 0), 'null')
    || ',"nearbyParcels":{"edges":[' || n.objects || ']}}' AS object
  FROM (
    SELECT id, name, location, geography(location) AS here FROM project
    WHERE location && ST_MakeEnvelope($1, $2, $3, $4, 4326) ORDER BY id LIMIT $5
  ) AS p
  CROSS JOIN LATERAL (
    SELECT coalesce(string_agg('{"distanceMeters":' || meters || ',"node":{"id":"prc_' || id || '","code":"' || code
      || '","geometry":' || ST_AsGeoJSON(geometry, 7, 0) || '}}', ','), '') AS objects
    FROM (
      SELECT id, code, geometry, meters
      FROM (
        SELECT id, code, geometry, ST_Distance(geography(geometry), p.here) AS meters FROM parcel
        WHERE geography(geometry) && _ST_Expand(p.here, 2000)
        ORDER BY geography(geometry) <-> p.here LIMIT 8
      ) AS nearest_on_the_sphere
      WHERE meters <= 2000 ORDER BY meters, id LIMIT 5
    ) AS nearest
  ) AS n
  ORDER BY p.id
) AS together
"""

TILE = """
SELECT ST_AsMVT(tile, 'projects', 4096, 'geom', 'id')
FROM (
  SELECT p.id, p.stage, p.total_investment::float8 AS "totalInvestment", r.code AS "regionCode",
    ST_AsMVTGeom(ST_Transform(p.location, 3857), ST_TileEnvelope($1, $2, $3), 4096, 64, true) AS geom
  FROM project AS p JOIN region AS r ON r.id = p.region_id
  WHERE p.location && ST_Transform(ST_TileEnvelope($1, $2, $3, margin => 64.0 / 4096), 4326)
) AS tile
"""

AGGREGATE = """
SELECT '{"data":{"projectStats":[' || coalesce(string_agg(object, ','), '') || ']}}'
FROM (
  SELECT '{"region":{"code":"' || r.code || '"},"projectCount":' || p.projects
    || ',"totalInvestment":"' || p.investment || '","openIssueCount":' || coalesce(i.issues, 0) || '}' AS object
  FROM (
    SELECT region_id, count(*) AS projects, sum(total_investment) AS investment FROM project GROUP BY region_id
  ) AS p
  JOIN region AS r ON r.id = p.region_id
  LEFT JOIN (
    SELECT project.region_id, count(*) AS issues
    FROM issue JOIN project ON project.id = issue.project_id
    WHERE issue.status = 'OPEN' GROUP BY project.region_id
  ) AS i ON i.region_id = p.region_id
  ORDER BY p.region_id
) AS stats
"""
