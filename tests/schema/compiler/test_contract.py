"""The published SDL: committed as it is served, and holding every name that clients rely on."""

from pathlib import Path

import pytest
from graphql import GraphQLNonNull, GraphQLSchema, build_schema
from graphql.type import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType

from schema.root import sdl

HOUSE = Path(__file__).resolve().parents[3]
PAGE = "filter orderBy first after last before"

FIELDS = {
    "Node": "id",
    "Query": "node nodes viewer project projects region regions issues inspections parcels projectStats "
    "siteVisitRoute layers",
    "Mutation": "reportIssue",
    "Project": "id code name stage totalInvestment location footprint region issues inspections startedOn "
    "updatedAt version "
    "nearbyParcels",
    "Region": "id code name kind parent children geometry projects issues parcels stats",
    "Issue": "id project title status level severity deadline createdAt",
    "Inspection": "id project kind startedAt result location findings",
    "Parcel": "id code kind landUse status areaHectares geometry region nearbyProjects",
    "SiteVisitRoute": "basis meters seconds geometry stops legs unvisited corridor",
    "VisitStop": "sequence arrival departure waitSeconds project",
    "UnvisitedSite": "project reason detail",
    "Corridor": "projects parcels",
    "ReportIssuePayload": "issue",
    "ProjectConnection": "edges nodes pageInfo totalCount",
    "ProjectEdge": "cursor node",
    "NearbyParcelConnection": "edges nodes pageInfo totalCount",
    "NearbyParcelEdge": "distanceMeters node cursor",
    "PageInfo": "hasNextPage hasPreviousPage startCursor endCursor",
    "ProjectFilter": "id code name stage totalInvestment location footprint region issues inspections "
    "startedOn updatedAt "
    "version and or not",
    "RegionFilter": "under and or not",
    "IssueFilter": "idempotencyKey",
    "IssueListFilter": "some none every",
    "StringFilter": "eq ne in notIn gt gte lt lte isNull contains startsWith",
    "DecimalFilter": "eq ne in notIn gt gte lt lte isNull",
    "GeometryFilter": "bbox intersects within dwithin",
    "DistanceFilter": "geometry meters",
    "ProjectOrder": "field direction nearestTo",
    "ProjectKey": "id code",
    "RegionKey": "id code",
    "SiteVisitRouteInput": "sites limit start end date shiftStart shiftEnd serviceMinutes",
    "SiteSelection": "projectIds filter",
    "ReportIssueInput": "idempotencyKey project title description severity affectedArea",
}
ARGUMENTS = {
    "Query.projects": PAGE,
    "Query.regions": PAGE,
    "Query.issues": PAGE,
    "Query.inspections": PAGE,
    "Query.parcels": PAGE,
    "Project.issues": PAGE,
    "Project.location": "crs simplifyMeters precision",
    "Project.nearbyParcels": "withinMeters filter first",
    "Parcel.nearbyProjects": "withinMeters",
    "Query.projectStats": "filter by",
    "SiteVisitRoute.corridor": "meters",
    "Corridor.projects": PAGE,
    "Corridor.parcels": PAGE,
}
VALUES = {
    "CoordinateSystem": "WGS84 CGCS2000 GCJ02 BD09",
    "TravelBasis": "ROAD_NETWORK STRAIGHT_LINE_ESTIMATE",
    "ProjectOrderField": "TOTAL_INVESTMENT",
}
SCALARS = ("GeoJSON", "Decimal", "Date", "DateTime", "Time")
ONE_OF = ("ProjectKey", "RegionKey", "SiteSelection")


@pytest.fixture(scope="module")
def published() -> GraphQLSchema:
    return build_schema((HOUSE / "schema.graphql").read_text())


def test_the_committed_schema_is_the_one_served() -> None:
    assert (HOUSE / "schema.graphql").read_text() == sdl(), "write it anew with: luodi sdl > schema.graphql"


@pytest.mark.parametrize("name", FIELDS)
def test_the_fields_of_the_contract_are_there(published: GraphQLSchema, name: str) -> None:
    type_ = published.type_map[name]
    assert isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType, GraphQLInputObjectType))
    assert set(FIELDS[name].split()) - set(type_.fields) == set()


@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_arguments_of_the_contract_are_there(published: GraphQLSchema, name: str) -> None:
    owner, field = name.split(".")
    type_ = published.type_map[owner]
    assert isinstance(type_, GraphQLObjectType)
    assert set(ARGUMENTS[name].split()) - set(type_.fields[field].args) == set()


@pytest.mark.parametrize("name", VALUES)
def test_the_values_of_the_contract_are_there(published: GraphQLSchema, name: str) -> None:
    type_ = published.type_map[name]
    assert isinstance(type_, GraphQLEnumType)
    assert set(VALUES[name].split()) - set(type_.values) == set()


def test_scalars_one_of_and_defaults(published: GraphQLSchema) -> None:
    assert all(name in published.type_map for name in SCALARS)
    for name in ONE_OF:
        type_ = published.type_map[name]
        assert isinstance(type_, GraphQLInputObjectType)
        assert type_.is_one_of
    issue = published.type_map["ReportIssueInput"]
    assert isinstance(issue, GraphQLInputObjectType)
    required = {name for name, field in issue.fields.items() if isinstance(field.type, GraphQLNonNull)}
    assert required <= {
        "idempotencyKey",
        "project",
        "title",
        "crossesFields",
        "needsCity",
    }  # the last two have defaults
