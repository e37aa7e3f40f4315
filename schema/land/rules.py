"""Land parcels and sea areas (S39 to S41)."""

from enum import StrEnum


class ParcelKind(StrEnum):
    """地块类别: land, or sea area (用海), queryable together (S41)."""

    LAND = "LAND"
    SEA_AREA = "SEA_AREA"


class ParcelStatus(StrEnum):
    """供地状态: 储备, 挂牌, 摘牌, 已建."""

    RESERVED = "RESERVED"
    ON_OFFER = "ON_OFFER"
    DELISTED = "DELISTED"
    BUILT = "BUILT"
