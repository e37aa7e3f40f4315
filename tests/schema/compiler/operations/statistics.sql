SELECT ('{"projectStats":' || (SELECT ('[' || coalesce(string_agg(('{"stage":' || coalesce(('"' || CAST(groups_1.d0 AS TEXT) || '"'), 'null') || ',"projectCount":' || CAST(coalesce(groups_1.m0, 0) AS TEXT) || ',"totalInvestment":"' || CAST(coalesce(groups_1.m1, 0) AS TEXT) || '","openIssueCount":' || CAST(coalesce(groups_1_2.m2, 0) AS TEXT) || '}'), ',' ORDER BY row(groups_1.d0)), '') || ']') AS anon_2
FROM (SELECT project_1.stage AS d0, count(*) AS m0, sum(project_1.total_investment) AS m1
FROM project AS project_1 GROUP BY project_1.stage) AS groups_1 LEFT OUTER JOIN (SELECT project_2.stage AS d0, count(*) AS m2
FROM project AS project_2 JOIN issue AS issue_1 ON issue_1.project_id = project_2.id
WHERE issue_1.status = 'OPEN' GROUP BY project_2.stage) AS groups_1_2 ON groups_1.d0 IS NOT DISTINCT FROM groups_1_2.d0) || ',"region":' || coalesce((SELECT ('{"stats":' || (SELECT ('{"projectCount":' || CAST(coalesce(groups_2.m0, 0) AS TEXT) || ',"totalInvestment":"' || CAST(coalesce(groups_2.m1, 0) AS TEXT) || '","openIssueCount":' || CAST(coalesce(groups_2_2.m2, 0) AS TEXT) || '}') AS anon_4
FROM (SELECT count(*) AS m0, sum(project_3.total_investment) AS m1
FROM project AS project_3
WHERE project_3.region_id IN (SELECT region_closure.region_id
FROM region_closure
WHERE region_closure.ancestor_id = region_1.id)) AS groups_2 LEFT OUTER JOIN (SELECT count(*) AS m2
FROM project AS project_4 JOIN issue AS issue_2 ON issue_2.project_id = project_4.id
WHERE project_4.region_id IN (SELECT region_closure.region_id
FROM region_closure
WHERE region_closure.ancestor_id = region_1.id) AND issue_2.status = 'OPEN') AS groups_2_2 ON true) || '}') AS anon_3
FROM region AS region_1
WHERE region_1.code = $1::text), 'null') || '}') AS anon_1
