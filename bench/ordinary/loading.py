"""DataLoaders: each nested list of a whole page in one statement, first-n per parent done by the database."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, lateral, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import aliased
from strawberry.dataloader import DataLoader

from bench.ordinary.models import Inspection, Issue, Parcel, Project

Sessions = async_sessionmaker[AsyncSession]

SPARE = 3
"""The KNN operator orders by the sphere; a few more than asked for let the ellipsoid's distance decide."""


async def _latest(
    sessions: Sessions, model: Any, conditions: Sequence[Any], order: Any, parents: list[int], first: int
) -> list[list[Any]]:
    """The latest rows of each parent, by a window over all parents at once."""
    place = func.row_number().over(partition_by=model.project_id, order_by=(order, model.id.desc())).label("place")
    ranked = select(model, place).where(model.project_id.in_(parents), *conditions).subquery()
    row = aliased(model, ranked)
    statement = select(row).where(ranked.c.place <= first).order_by(ranked.c.project_id, ranked.c.place)
    rows: defaultdict[int, list[Any]] = defaultdict(list)
    async with sessions() as session:
        for found in await session.scalars(statement):
            rows[found.project_id].append(found)
    return [rows[parent] for parent in parents]


async def _nearest(
    sessions: Sessions, within_meters: float, first: int, parents: list[int]
) -> list[list[tuple[float, Parcel]]]:
    """The parcels nearest to each project, by a lateral join that the KNN index answers."""
    here = func.geography(Project.location)
    there = func.geography(Parcel.geometry)
    nearest = lateral(
        select(Parcel, func.ST_Distance(there, here).label("meters"))
        .where(func.ST_DWithin(there, here, within_meters))
        .order_by(there.op("<->")(here))
        .limit(first + SPARE)
    )
    parcel = aliased(Parcel, nearest)
    statement = (
        select(Project.id, nearest.c.meters, parcel)
        .join(nearest, true())
        .where(Project.id.in_(parents))
        .order_by(Project.id, nearest.c.meters, nearest.c.id)
    )
    rows: defaultdict[int, list[tuple[float, Parcel]]] = defaultdict(list)
    async with sessions() as session:
        for parent, meters, found in await session.execute(statement):
            rows[parent].append((meters, found))
    return [rows[parent][:first] for parent in parents]


@dataclass
class Loaders:
    """The loaders of one request: one per field and set of arguments, made when first asked for."""

    sessions: Sessions
    made: dict[Hashable, DataLoader[int, Any]] = field(default_factory=dict)

    def issues(self, status: str | None, first: int) -> DataLoader[int, list[Issue]]:
        async def load(parents: list[int]) -> list[list[Issue]]:
            conditions = [] if status is None else [Issue.status == status]
            order = Issue.created_at.desc()
            return await _latest(self.sessions, Issue, conditions, order, parents, first)

        return self._kept(("issues", status, first), load)

    def inspections(self, first: int) -> DataLoader[int, list[Inspection]]:
        async def load(parents: list[int]) -> list[list[Inspection]]:
            order = Inspection.started_at.desc().nulls_last()
            known = or_(Inspection.kind != "UNANNOUNCED", Inspection.started_at.is_not(None))
            return await _latest(self.sessions, Inspection, [known], order, parents, first)

        return self._kept(("inspections", first), load)

    def nearby_parcels(self, within_meters: float, first: int) -> DataLoader[int, list[tuple[float, Parcel]]]:
        async def load(parents: list[int]) -> list[list[tuple[float, Parcel]]]:
            return await _nearest(self.sessions, within_meters, first, parents)

        return self._kept(("parcels", within_meters, first), load)

    def _kept(self, key: Hashable, load: Any) -> DataLoader[int, Any]:
        if key not in self.made:
            self.made[key] = DataLoader(load_fn=load)
        return self.made[key]
