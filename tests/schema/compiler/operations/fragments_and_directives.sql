SELECT connection_1.p0 AS c0
FROM (SELECT coalesce(string_agg(('{"name":' || CAST(to_json(page_1.name) AS TEXT) || ',"code":' || CAST(to_json(page_1.code) AS TEXT) || ',"id":"reg_' || page_1.id || '"}'), ','), '') AS p0
FROM (SELECT limited_1.name AS name, limited_1.code AS code, limited_1.id AS id
FROM (SELECT region_1.name AS name, region_1.code AS code, region_1.id AS id
FROM region AS region_1 ORDER BY region_1.id ASC
 LIMIT $1::bigint) AS limited_1
 LIMIT 2) AS page_1) AS connection_1
