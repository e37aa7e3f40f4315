"""Addresses of tiles and the arithmetic of Web Mercator."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.mercator import EXTENT, Tile, TileError, degrees_of_units, parse_tile

LIMIT = math.degrees(math.atan(math.sinh(math.pi)))
"""The latitude where the map ends."""


@st.composite
def tiles(draw: st.DrawFn) -> Tile:
    z = draw(st.integers(0, 22))
    last = (1 << z) - 1
    return Tile(z, draw(st.integers(0, last)), draw(st.integers(0, last)))


@pytest.mark.parametrize(
    "text",
    [
        "٣",
        "+1",
        "-1",
        " 1",
        "1 ",
        "1.0",
        "1e1",
        "0x1",
        "01",
        "00",
        "",
        "1_0",
        "\n1",
        "1\n",
        "１",
        "²",
        "1;",
        "9" * 4301,
    ],
)
def test_only_plain_digits_are_an_address(text: str) -> None:
    for place, name in enumerate("zxy"):
        address = ["5", "5", "5"]
        address[place] = text
        with pytest.raises(TileError) as refused:
            parse_tile(*address)
        assert refused.value.argument == name


@pytest.mark.parametrize(
    ("address", "argument"),
    [
        (("0", "1", "0"), "x"),
        (("0", "0", "1"), "y"),
        (("3", "8", "0"), "x"),
        (("3", "0", "8"), "y"),
        (("23", "0", "0"), "z"),
    ],
)
def test_a_tile_beyond_its_zoom_does_not_exist(address: tuple[str, str, str], argument: str) -> None:
    with pytest.raises(TileError) as refused:
        parse_tile(*address)
    assert refused.value.argument == argument


@given(tiles())
def test_an_address_is_read_as_it_is_written(tile: Tile) -> None:
    assert parse_tile(str(tile.z), str(tile.x), str(tile.y)) == tile


def test_the_world_is_one_tile() -> None:
    bounds = Tile(0, 0, 0).bounds()
    assert (bounds.west, bounds.east) == (-180, 180)
    assert bounds.north == pytest.approx(LIMIT, abs=1e-12)
    assert bounds.south == pytest.approx(-LIMIT, abs=1e-12)


@given(tiles())
def test_a_tile_ends_where_its_units_do(tile: Tile) -> None:
    bounds, transform = tile.bounds(), tile.transform()
    # a unit of zoom 22 is a ten-billionth of the earth; doubles hold a millionth of that
    assert transform.units(bounds.west, bounds.north) == pytest.approx((0, 0), abs=1e-4)
    assert transform.units(bounds.east, bounds.south) == pytest.approx((EXTENT, EXTENT), abs=1e-4)


@given(tiles(), st.floats(0, 64))
def test_a_margin_is_counted_in_units(tile: Tile, margin: float) -> None:
    bounds = tile.bounds(margin)
    assert tile.transform().units(bounds.west, bounds.north) == pytest.approx((-margin, -margin), abs=1e-4)
    assert tile.bounds().west - bounds.west == pytest.approx(degrees_of_units(tile.z, margin), abs=1e-12)


@given(tiles().filter(lambda tile: tile.x + 1 < 1 << tile.z))
def test_neighbours_meet(tile: Tile) -> None:
    assert tile.bounds().east == Tile(tile.z, tile.x + 1, tile.y).bounds().west
