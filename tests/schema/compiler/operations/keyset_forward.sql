SELECT connection_1.p0 AS c0, connection_1.p1 AS c1, connection_1.p2 AS c2, connection_1.p3 AS c3
FROM (SELECT coalesce(string_agg(('{"cursor":"' || rtrim(translate(encode(convert_to(CAST(json_build_array('d1150cc6', CAST(page_1.k0 AS TEXT), CAST(page_1.k1 AS TEXT)) AS TEXT), 'UTF8'), 'base64'), '+/
', '-_'), '=') || '","node":{"title":' || CAST(to_json(page_1.title) AS TEXT) || '}}'), ',') FILTER (WHERE page_1.row_number <= $1::bigint), '') AS p0, CAST(count(*) > $1::bigint AS TEXT) AS p1, coalesce(CAST(to_json(max(CASE WHEN (page_1.row_number = 1 AND page_1.row_number <= $1::bigint) THEN rtrim(translate(encode(convert_to(CAST(json_build_array('d1150cc6', CAST(page_1.k0 AS TEXT), CAST(page_1.k1 AS TEXT)) AS TEXT), 'UTF8'), 'base64'), '+/
', '-_'), '=') END)) AS TEXT), 'null') AS p2, coalesce(CAST(to_json(max(CASE WHEN (page_1.row_number = least(page_1.row_count, $1::bigint) AND page_1.row_number <= $1::bigint) THEN rtrim(translate(encode(convert_to(CAST(json_build_array('d1150cc6', CAST(page_1.k0 AS TEXT), CAST(page_1.k1 AS TEXT)) AS TEXT), 'UTF8'), 'base64'), '+/
', '-_'), '=') END)) AS TEXT), 'null') AS p3
FROM (SELECT page_1_part.title AS title, page_1_part.k0 AS k0, page_1_part.k1 AS k1, row_number() OVER () AS row_number, count(*) OVER () AS row_count
FROM (SELECT limited_1.title AS title, limited_1.k0 AS k0, limited_1.k1 AS k1
FROM (SELECT issue_1.title AS title, issue_1.deadline AS k0, issue_1.id AS k1
FROM issue AS issue_1 ORDER BY issue_1.deadline DESC NULLS LAST, issue_1.id DESC
 LIMIT $1::bigint + 1) AS limited_1
 LIMIT 2) AS page_1_part) AS page_1) AS connection_1
