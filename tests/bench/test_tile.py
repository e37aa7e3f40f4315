"""When two tiles show the same."""

import mapbox_vector_tile
import pytest

from bench.tile import Tile, _on_rim, decoded, differences


def tile(*features: tuple[int, int, int, str]) -> Tile:
    """A tile of points: id, x, y and stage."""
    drawn = [{"id": i, "geometry": f"POINT ({x} {y})", "properties": {"stage": stage}} for i, x, y, stage in features]
    return decoded(mapbox_vector_tile.encode({"name": "projects", "features": drawn}))


ONE, TWO = (7, 10, 20, "STARTED"), (9, 30, 40, "SUSPENDED")


def test_the_order_of_features_and_one_unit_of_the_grid_do_not_matter() -> None:
    assert list(differences(tile(ONE, TWO), tile(TWO, ONE))) == []
    assert list(differences(tile(ONE), tile((7, 11, 19, "STARTED")))) == []


@pytest.mark.parametrize(
    "other", [[ONE], [ONE, (8, 30, 40, "SUSPENDED")], [ONE, (9, 30, 42, "SUSPENDED")], [ONE, (9, 30, 40, "STARTED")]]
)
def test_another_feature_place_or_attribute_does(other: list[tuple[int, int, int, str]]) -> None:
    assert list(differences(tile(ONE, TWO), tile(*other)))


def test_features_that_share_an_id_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="2 features of layer projects have 1 ids"):
        tile(ONE, (7, 50, 60, "STARTED"))


def test_a_point_on_the_buffers_rim_may_be_in_one_tile_alone() -> None:
    for place, is_on_rim in (([4096, 4158], False), ([10, 4159], True), ([-63, 10], True), ([-62, 10], False)):
        feature = {"geometry": {"type": "Point", "coordinates": place}}
        assert _on_rim(feature, 4096) is is_on_rim
    assert not _on_rim({"geometry": {"type": "Polygon", "coordinates": [[[-64, 0]]]}}, 4096)
