"""Codes of land use, and the numbers the plan leaves open, with their first values."""

from alembic import op
from sqlalchemy import text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STANDARD = "国土空间调查、规划、用途管制用地用海分类（2023）"

# The 24 top classes, and those of the second level that an investment project or a parcel on offer meets.
LAND_USE = {
    "01": "耕地", "0101": "水田", "0102": "水浇地", "0103": "旱地",
    "02": "园地", "0201": "果园", "0202": "茶园",
    "03": "林地", "0301": "乔木林地", "0302": "竹林地", "0303": "灌木林地", "0304": "其他林地",
    "04": "草地", "0401": "天然牧草地", "0402": "人工牧草地", "0403": "其他草地",
    "05": "湿地", "0501": "森林沼泽", "0502": "灌丛沼泽", "0503": "沼泽草地", "0504": "其他沼泽地",
    "0505": "沿海滩涂", "0506": "内陆滩涂", "0507": "红树林地",
    "06": "农业设施建设用地",
    "07": "居住用地", "0701": "城镇住宅用地", "0702": "城镇社区服务设施用地", "0703": "农村宅基地",
    "0704": "农村社区服务设施用地",
    "08": "公共管理与公共服务用地", "0801": "机关团体用地", "0802": "科研用地", "0803": "文化用地",
    "0804": "教育用地", "0805": "体育用地", "0806": "医疗卫生用地", "0807": "社会福利用地",
    "09": "商业服务业用地", "0901": "商业用地", "0902": "商务金融用地",
    "10": "工矿用地", "1001": "工业用地", "1002": "采矿用地", "1003": "盐田",
    "11": "仓储用地", "1101": "物流仓储用地", "1102": "储备库用地",
    "12": "交通运输用地", "1201": "铁路用地", "1202": "公路用地", "1203": "机场用地", "1204": "港口码头用地",
    "1205": "管道运输用地", "1206": "城市轨道交通用地", "1208": "交通场站用地",
    "13": "公用设施用地", "1301": "供水用地", "1302": "排水用地", "1303": "供电用地", "1304": "供燃气用地",
    "1305": "供热用地", "1306": "通信用地", "1307": "邮政用地", "1308": "广播电视设施用地", "1309": "环卫用地",
    "1310": "消防用地",
    "14": "绿地与开敞空间用地", "1401": "公园绿地", "1402": "防护绿地", "1403": "广场用地",
    "15": "特殊用地", "1501": "军事设施用地", "1502": "使领馆用地", "1503": "宗教用地", "1504": "文物古迹用地",
    "1505": "监教场所用地", "1506": "殡葬用地", "1507": "其他特殊用地",
    "16": "留白用地",
    "17": "陆地水域", "1701": "河流水面", "1702": "湖泊水面", "1703": "水库水面", "1704": "坑塘水面", "1705": "沟渠",
    "18": "渔业用海", "1801": "渔业基础设施用海", "1802": "增养殖用海", "1803": "捕捞海域",
    "19": "工矿通信用海", "1901": "工业用海", "1902": "盐田用海", "1903": "固体矿产用海", "1904": "油气用海",
    "1905": "可再生能源用海", "1906": "海底电缆管道用海",
    "20": "交通运输用海", "2001": "港口用海", "2002": "航运用海",
    "21": "游憩用海", "2101": "风景旅游用海", "2102": "文体休闲娱乐用海",
    "22": "特殊用海", "2201": "军事用海",
    "23": "其他土地", "2301": "空闲地",
    "24": "其他海域",
}  # fmt: skip

EFFECTIVE_FROM = "2023-01-11"
DEADLINE_SOURCE = "大政办发〔2023〕2号 三; default of this system"
PRIORITY_SOURCE = "default of this system"
POLICY = (
    ("issue.region_deadline_days", 15, "days", DEADLINE_SOURCE),
    ("visit.priority.base", 10, "points", PRIORITY_SOURCE),
    ("visit.priority.open_issue", 5, "points", PRIORITY_SOURCE),
    ("visit.priority.overdue_issue", 15, "points", PRIORITY_SOURCE),
    ("visit.priority.critical_issue", 10, "points", PRIORITY_SOURCE),
)


def upgrade() -> None:
    connection = op.get_bind()
    connection.execute(
        text("INSERT INTO land_use (code, name, standard) VALUES (:code, :name, :standard) ON CONFLICT DO NOTHING"),
        [{"code": code, "name": name, "standard": STANDARD} for code, name in LAND_USE.items()],
    )
    connection.execute(
        text(
            "INSERT INTO policy_parameter (name, effective_from, value, unit, source)"
            " VALUES (:name, CAST(CAST(:since AS text) AS date), :value, :unit, :source) ON CONFLICT DO NOTHING"
        ),
        [
            {"name": name, "since": EFFECTIVE_FROM, "value": value, "unit": unit, "source": source}
            for name, value, unit, source in POLICY
        ],
    )


def downgrade() -> None:
    # A code that a parcel uses stays: its table goes with the revision below, and the parcels with it.
    connection = op.get_bind()
    connection.execute(
        text(
            "DELETE FROM land_use WHERE standard = :standard"
            " AND NOT EXISTS (SELECT FROM parcel WHERE parcel.land_use = land_use.code)"
        ),
        {"standard": STANDARD},
    )
    connection.execute(
        text("DELETE FROM policy_parameter WHERE name = :name AND effective_from = CAST(CAST(:since AS text) AS date)"),
        [{"name": name, "since": EFFECTIVE_FROM} for name, *_ in POLICY],
    )
