SELECT (SELECT ('[' || coalesce(string_agg(('{"stage":' || coalesce(('"' || CAST(groups_1.d0 AS TEXT) || '"'), 'null') || ',"projectCount":' || CAST(coalesce(groups_1.m0, 0) AS TEXT) || ',"totalInvestment":"' || CAST(coalesce(groups_1.m1, 0) AS TEXT) || '","openIssueCount":' || CAST(coalesce(groups_1.m2, 0) AS TEXT) || '}'), ',' ORDER BY row(groups_1.d0)), '') || ']') AS anon_1
FROM (SELECT project_tally_1.stage AS d0, sum(project_tally_1.projects) AS m0, sum(project_tally_1.total_investment) AS m1, sum(project_tally_1.open_issues) AS m2
FROM project_tally AS project_tally_1 GROUP BY project_tally_1.stage
HAVING sum(project_tally_1.projects) > 0) AS groups_1) AS c0, coalesce((SELECT ('{"stats":' || (SELECT ('{"projectCount":' || CAST(coalesce(groups_2.m0, 0) AS TEXT) || ',"totalInvestment":"' || CAST(coalesce(groups_2.m1, 0) AS TEXT) || '","openIssueCount":' || CAST(coalesce(groups_2.m2, 0) AS TEXT) || '}') AS anon_3
FROM (SELECT CASE WHEN (sum(project_tally_2.projects) > 0) THEN sum(project_tally_2.projects) END AS m0, CASE WHEN (sum(project_tally_2.projects) > 0) THEN sum(project_tally_2.total_investment) END AS m1, CASE WHEN (sum(project_tally_2.projects) > 0) THEN sum(project_tally_2.open_issues) END AS m2
FROM project_tally AS project_tally_2
WHERE project_tally_2.region_id IN (SELECT region_closure.region_id
FROM region_closure
WHERE region_closure.ancestor_id = region_1.id)) AS groups_2) || '}') AS anon_2
FROM region AS region_1
WHERE region_1.code = $1::text), 'null') AS c1
