"""What a region is: an administrative area or a pioneer zone (先导区)."""

from enum import StrEnum


class RegionKind(StrEnum):
    """地区类别. Pioneer zones have no adcode and overlap districts; each project has one accountable region."""

    CITY = "CITY"
    DISTRICT = "DISTRICT"
    COUNTY = "COUNTY"
    COUNTY_LEVEL_CITY = "COUNTY_LEVEL_CITY"
    PIONEER_ZONE = "PIONEER_ZONE"
