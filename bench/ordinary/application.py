"""The root fields and the ASGI application."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import strawberry
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import contains_eager
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from bench.ordinary import models
from bench.ordinary.enums import Direction, IssueStatus, ProjectDimension
from bench.ordinary.inputs import CONFIG, ProjectFilter, ProjectKey, ProjectOrder
from bench.ordinary.loading import Loaders, Sessions
from bench.ordinary.tile import projects_tile
from bench.ordinary.types import Connection, Context, Project, ProjectStat, StatRegion

POOL_SIZE = 10


def _conditions(filter: ProjectFilter | None) -> list[Any]:
    conditions: list[Any] = []
    if filter and filter.location:
        box = func.ST_MakeEnvelope(*filter.location.bbox, 4326)
        conditions.append(models.Project.location.op("&&")(box))
    if filter and filter.stage:
        conditions.append(models.Project.stage == filter.stage.eq.value)
    if filter and filter.region:
        conditions.append(models.Region.code == filter.region.code.eq)
    return conditions


def _ordered(column: Any, direction: Direction) -> Any:
    return column.desc() if direction is Direction.DESC else column.asc()


@strawberry.type
class Query:
    @strawberry.field
    async def projects(
        self,
        info: Context,
        first: int,
        filter: ProjectFilter | None = None,
        order_by: list[ProjectOrder] | None = None,
    ) -> Connection[Project]:
        order = [_ordered(getattr(models.Project, each.field.value), each.direction) for each in order_by or []]
        last = order_by[-1].direction if order_by else Direction.ASC
        statement = (
            select(models.Project)
            .join(models.Project.region)
            .options(contains_eager(models.Project.region))
            .where(*_conditions(filter))
            .order_by(*order, _ordered(models.Project.id, last))
            .limit(first)
        )
        async with info.context["loaders"].sessions() as session:
            rows = (await session.scalars(statement)).all()
        return Connection(nodes=[Project.of(row) for row in rows])

    @strawberry.field
    async def project(self, info: Context, by: ProjectKey) -> Project | None:
        statement = select(models.Project).join(models.Project.region).options(contains_eager(models.Project.region))
        if by.id is not None:
            statement = statement.where(models.Project.id == int(by.id.value.removeprefix("prj_")))
        elif by.code is not None:
            statement = statement.where(models.Project.code == by.code.value)
        async with info.context["loaders"].sessions() as session:
            row = await session.scalar(statement)
        return None if row is None else Project.of(row)

    @strawberry.field
    async def project_stats(self, info: Context, by: list[ProjectDimension]) -> list[ProjectStat]:
        assert by == [ProjectDimension.REGION], "the benchmark groups by region alone"
        projects = (
            select(
                models.Project.region_id,
                func.count().label("projects"),
                func.sum(models.Project.total_investment).label("investment"),
            )
            .group_by(models.Project.region_id)
            .subquery()
        )
        issues = (
            select(models.Project.region_id, func.count().label("issues"))
            .join(models.Issue, models.Issue.project_id == models.Project.id)
            .where(models.Issue.status == IssueStatus.OPEN.value)
            .group_by(models.Project.region_id)
            .subquery()
        )
        statement = (
            select(models.Region.code, projects.c.projects, projects.c.investment, func.coalesce(issues.c.issues, 0))
            .join(projects, projects.c.region_id == models.Region.id)
            .outerjoin(issues, issues.c.region_id == models.Region.id)
            .order_by(models.Region.id)
        )
        async with info.context["loaders"].sessions() as session:
            rows = (await session.execute(statement)).all()
        return [
            ProjectStat(
                region=StatRegion(code=code),
                project_count=count,
                total_investment=investment,
                open_issue_count=open_issues,
            )
            for code, count, investment, open_issues in rows
        ]


class OrdinaryGraphQL(GraphQL[dict[str, Loaders], None]):
    """Strawberry's own ASGI view, with fresh loaders for each request and orjson instead of json."""

    def __init__(self, schema: strawberry.Schema, sessions: Sessions) -> None:
        super().__init__(schema)
        self.sessions = sessions

    async def get_context(self, request: Any, response: Any) -> dict[str, Loaders]:
        return {"loaders": Loaders(self.sessions)}

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> str | bytes:
        return orjson.dumps(data)


def create(database_url: str) -> Starlette:
    """The application, at ``/graphql``, on the database of the given URL."""
    engine = create_async_engine(
        database_url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=POOL_SIZE,
        max_overflow=0,
        connect_args={"server_settings": {"jit": "off", "timezone": "UTC"}},
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await engine.dispose()

    schema = strawberry.Schema(query=Query, config=CONFIG, extensions=[ParserCache, ValidationCache])
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def tile(request: Request) -> Response:
        return await projects_tile(request, sessions)

    routes = [
        Route("/graphql", OrdinaryGraphQL(schema, sessions)),
        Route("/tiles/projects/{z:int}/{x:int}/{y:int}.mvt", tile),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def from_environment() -> Starlette:
    """The factory that uvicorn is given; reads ``LUODI_DATABASE_URL``."""
    return create(os.environ["LUODI_DATABASE_URL"])
