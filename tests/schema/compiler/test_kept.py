"""The cache bounded by weight."""

from hypothesis import given
from hypothesis import strategies as st

from schema.compiler.kept import Kept


def test_the_least_recently_used_goes_first() -> None:
    kept: Kept[str] = Kept(100, 10)
    for key in range(10):
        kept.put(key, str(key), 10)
    assert kept.get(0) == "0"
    kept.put("new", "new", 10)
    assert kept.get(0) == "0"
    assert kept.get(1) is None


def test_what_is_above_the_heaviest_is_not_kept() -> None:
    kept: Kept[str] = Kept(100, 10)
    kept.put("light", "light", 10)
    kept.put("heavy", "heavy", 11)
    assert kept.get("light") == "light"
    assert kept.get("heavy") is None


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 10))))
def test_all_that_is_kept_fits_and_is_the_latest(puts: list[tuple[int, int]]) -> None:
    kept: Kept[int] = Kept(100, 10)
    latest: dict[int, int] = {}
    for number, (key, weight) in enumerate(puts):
        kept.put(key, number, weight)
        latest.pop(key, None)
        latest[key] = weight
        found = [known for known in latest if known in kept]
        assert sum(latest[known] for known in found) <= 100
        assert found == list(latest)[-len(found) :]
