SELECT (SELECT ('[' || coalesce(string_agg(coalesce(CASE WHEN (ids_1.kind = 'prj') THEN (SELECT ('{"__typename":"Project","id":"prj_' || project_1.id || '"}') AS anon_2
FROM project AS project_1
WHERE project_1.id = ids_1.key) WHEN (ids_1.kind = 'reg') THEN (SELECT ('{"__typename":"Region","id":"reg_' || region_1.id || '"}') AS anon_3
FROM region AS region_1
WHERE region_1.id = ids_1.key) WHEN (ids_1.kind = 'iss') THEN (SELECT ('{"__typename":"Issue","id":"iss_' || issue_1.id || '","title":' || CAST(to_json(issue_1.title) AS TEXT) || '}') AS anon_4
FROM issue AS issue_1
WHERE issue_1.id = ids_1.key) WHEN (ids_1.kind = 'ins') THEN (SELECT ('{"__typename":"Inspection","id":"ins_' || inspection_1.id || '"}') AS anon_5
FROM inspection AS inspection_1
WHERE inspection_1.id = ids_1.key AND (inspection_1.kind != 'UNANNOUNCED' OR inspection_1.started_at IS NOT NULL)) WHEN (ids_1.kind = 'prc') THEN (SELECT ('{"__typename":"Parcel","id":"prc_' || parcel_1.id || '","code":' || CAST(to_json(parcel_1.code) AS TEXT) || '}') AS anon_6
FROM parcel AS parcel_1
WHERE parcel_1.id = ids_1.key) END, 'null'), ',' ORDER BY ids_1.place), '') || ']') AS anon_1
FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS ids_1(kind, key, place)) AS c0
