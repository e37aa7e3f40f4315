"""The layers there are, from the top of the map to its ground. A new one is an entry here; nothing else names them."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Text, func, literal_column

from schema.inspection.table import inspection
from schema.inspection.types import Inspection
from schema.land.table import parcel
from schema.land.types import Parcel
from schema.layer.layer import DETAIL_ZOOM, Attribute, Lookup, MapLayer
from schema.project.table import project
from schema.project.types import Project
from schema.region.table import region
from schema.region.types import Region

_INSTANT: ColumnElement[str] = literal_column('\'YYYY-MM-DD"T"HH24:MI:SS"Z"\'', Text())
_UTC: ColumnElement[str] = literal_column("'UTC'", Text())

_LAYERS = (
    MapLayer(
        name="projects",
        title="项目",
        description="投资项目 at their locations; a project without one is on no tile.",
        entity=Project,
        attributes={
            "stage": Attribute(project.c.stage, "项目阶段, as in GraphQL: PLANNED_RESERVE …"),
            "totalInvestment": Attribute(project.c.total_investment, "总投资, 元", summed=True),
            "regionCode": Attribute(region.c.code, "责任地区代码"),
            "code": Attribute(project.c.code, "项目代码", from_zoom=DETAIL_ZOOM),
            "name": Attribute(project.c.name, "项目名称", from_zoom=DETAIL_ZOOM),
        },
        lookups=(Lookup(region, project.c.region_id),),
    ),
    MapLayer(
        name="inspections",
        title="检查",
        description="检查, planned or done, where they have a location.",
        entity=Inspection,
        attributes={
            "kind": Attribute(inspection.c.kind, "检查方式"),
            "result": Attribute(inspection.c.result, "检查结果; absent until there is one"),
            "startedAt": Attribute(
                func.to_char(func.timezone(_UTC, inspection.c.started_at), _INSTANT, type_=Text()),
                "开始时间, UTC; absent until it starts",
                from_zoom=DETAIL_ZOOM,
            ),
        },
    ),
    MapLayer(
        name="parcels",
        title="地块",
        description="地块或海域; those smaller than a pixel are points.",
        entity=Parcel,
        attributes={
            "kind": Attribute(parcel.c.kind, "地块类别"),
            "landUse": Attribute(parcel.c.land_use, "用地用海分类代码 (2023)"),
            "status": Attribute(parcel.c.status, "供地状态"),
            "areaHectares": Attribute(parcel.c.area_hectares, "面积, 公顷", summed=True),
            "code": Attribute(parcel.c.code, "地块编号", from_zoom=DETAIL_ZOOM),
        },
    ),
    MapLayer(
        name="regions",
        title="地区",
        description="地区 with a boundary: the city, its districts and its pioneer zones, which overlap districts.",
        entity=Region,
        attributes={
            "code": Attribute(region.c.code, "地区代码"),
            "name": Attribute(region.c.name, "地区名称"),
            "kind": Attribute(region.c.kind, "地区类别"),
        },
    ),
)

LAYERS: Mapping[str, MapLayer] = {one.name: one for one in _LAYERS}
