-- A town small enough to answer by hand.
INSERT INTO land_use (code, name, standard) VALUES ('0701', '城镇住宅用地', 'test') ON CONFLICT DO NOTHING;
INSERT INTO region (id, code, name, kind, parent_id, geometry, updated_at) VALUES
    (1, '210200', '大连市', 'CITY', NULL, NULL, '2026-01-01T00:00:00Z'),
    (2, '210211', '甘井子区', 'DISTRICT', 1,
        ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope(121.4, 38.8, 121.6, 39.0, 4326))), '2026-01-01T00:00:00Z'),
    (3, 'PZ01', '先导区', 'PIONEER_ZONE', 2, NULL, '2026-01-01T00:00:00Z');
INSERT INTO project (id, code, name, stage, total_investment, location, region_id, started_on, updated_at) VALUES
    (11, '2601-210211-01-01-000011', '码头', 'UNDER_CONSTRUCTION', 120000000, ST_Point(121.50, 38.90, 4326), 2,
        '2025-04-01', '2026-01-02T03:04:05.678Z'),
    (12, '2601-210211-01-01-000012', '电厂 "二期"', 'IN_OPERATION', 50000000.50, ST_Point(121.51, 38.90, 4326), 2,
        '2024-04-01', '2026-01-02T00:00:00Z'),
    (13, '2601-210211-01-01-000013', '园区', 'PLANNED_RESERVE', 50000000.50, NULL, 3, NULL, '2026-01-02T00:00:00Z');
INSERT INTO issue (id, project_id, title, status, level, severity, deadline, reported_by, created_at, updated_at) VALUES
    (21, 11, '用地', 'OPEN', 'REGION', 'MAJOR', '2026-02-01', 'kim', '2026-01-05T00:00:00Z', '2026-01-05T00:00:00Z'),
    (22, 11, '用海', 'OPEN', 'MAYOR', 'CRITICAL', NULL, 'kim', '2026-01-06T00:00:00Z', '2026-01-06T00:00:00Z'),
    (23, 12, '融资', 'RESOLVED', 'REGION', 'MINOR', '2026-01-20', 'lee', '2026-01-07T00:00:00Z', '2026-01-07T00:00:00Z');
INSERT INTO inspection (id, project_id, kind, planned_on, started_at, result, location, updated_at) VALUES
    (31, 11, 'UNANNOUNCED', '2026-03-01', NULL, NULL, NULL, '2026-01-01T00:00:00Z'),
    (32, 11, 'ON_SITE_CHECK', '2026-01-10', '2026-01-10T01:00:00Z', 'SATISFACTORY', ST_Point(121.50, 38.90, 4326),
        '2026-01-10T00:00:00Z');
INSERT INTO parcel (id, code, kind, status, land_use, area_hectares, geometry, region_id, updated_at) VALUES
    (41, '210211-A-000041', 'LAND', 'ON_OFFER', '0701', 12, ST_Multi(ST_ForcePolygonCCW(
        ST_MakeEnvelope(121.500, 38.905, 121.503, 38.908, 4326))), 2, '2026-01-01T00:00:00Z'),
    (42, '210211-A-000042', 'LAND', 'RESERVED', '0701', 8.25, ST_Multi(ST_ForcePolygonCCW(
        ST_MakeEnvelope(121.508, 38.890, 121.510, 38.893, 4326))), 3, '2026-01-01T00:00:00Z');
