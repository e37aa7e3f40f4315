"""The GraphQL documents of the workloads. Ours and the ordinary server read them; the floor only their variables."""

VIEWPORT = """
query Viewport($bbox: [Float!]!, $first: Int!) {
  projects(filter: { location: { bbox: $bbox } }, first: $first) {
    nodes { id name stage totalInvestment location region { id name } }
  }
}
"""

NESTED = """
query Nested($stage: ProjectStage!, $region: String!, $first: Int!) {
  projects(
    filter: { stage: { eq: $stage }, region: { code: { eq: $region } } }
    orderBy: [{ field: TOTAL_INVESTMENT, direction: DESC }]
    first: $first
  ) {
    nodes {
      id code name stage totalInvestment
      region { code name }
      issues(filter: { status: { eq: OPEN } }, orderBy: [{ field: CREATED_AT, direction: DESC }], first: 10) {
        nodes { id title level severity deadline createdAt }
      }
      inspections(orderBy: [{ field: STARTED_AT, direction: DESC }], first: 3) {
        nodes { id kind startedAt result }
      }
    }
  }
}
"""

BIG_MAP = """
query BigMap($bbox: [Float!]!, $first: Int!) {
  projects(filter: { location: { bbox: $bbox } }, first: $first) { nodes { id stage location } }
}
"""

ONE = """
query One($id: ID!) {
  project(by: { id: $id }) {
    id code name stage totalInvestment location startedOn updatedAt
    region { id code name }
  }
}
"""

TOGETHER = """
query Together($bbox: [Float!]!, $first: Int!) {
  projects(filter: { location: { bbox: $bbox } }, first: $first) {
    nodes {
      id name location
      nearbyParcels(withinMeters: 2000, first: 5) {
        edges { distanceMeters node { id code geometry } }
      }
    }
  }
}
"""

AGGREGATE = """
query Aggregate {
  projectStats(by: [REGION]) { region { code } projectCount totalInvestment openIssueCount }
}
"""

FLAGSHIP = """
query Flagship($start: GeoJSON!, $day: Date!) {
  siteVisitRoute(input: {
    sites: { filter: { region: { under: "210200" }, issues: { some: { status: { in: [OPEN] } } } } }
    limit: 12, start: $start, date: $day
  }) {
    basis meters seconds geometry
    stops { sequence arrival departure
      project { code name stage totalInvestment location region { code name }
        issues(filter: { status: { in: [OPEN] } }, first: 5) { totalCount nodes { title level deadline } }
        inspections(first: 3) { nodes { kind startedAt result } }
        nearbyParcels(withinMeters: 2000, first: 5) {
          edges { distanceMeters node { code landUse areaHectares geometry } } } } }
    unvisited { project { code } reason detail }
    corridor(meters: 500) {
      parcels(first: 10) { nodes { code landUse geometry } }
      projects(first: 10) { nodes { code name } }
    }
  }
}
"""
