"""Ratios of paired slices, targets met and missed, and the page that shows them."""

from datetime import date

import pytest

from bench.cheaper import Asked
from bench.contest import FLOOR, OURS, City, Contest
from bench.growth import Grown, Growth
from bench.measure import Contestant, Measured, Pace, Ratio, Rounds, _slices, median
from bench.report import Flagship, Run, markdown
from bench.servers import Contender, Memory, Server
from bench.targets import Target, of_contest, of_growth
from bench.workloads import Workload

PACE = Pace(rounds=2, slice=0.4, round=1.2, cell=1.0)


def figures(latency: Rounds, throughput: Rounds) -> Measured:
    return Measured(latency, throughput, answers=100, seconds=0.05)


def contest(ours_latency: float, ours_throughput: float, workers: int = 1, resident: float = 100.0) -> Contest:
    """One workload, its floor 10 ms and 100 answers a second."""
    floor = figures([[0.010, 0.010], [0.010, 0.010]], [[100.0, 100.0], [100.0, 100.0]])
    ours = figures([[ours_latency] * 2] * 2, [[ours_throughput] * 2] * 2)
    ordinary = figures([[0.1], [0.2]], [[10.0], [5.0]])
    return Contest(
        workers,
        [FLOOR, OURS, "ordinary"],
        [(Workload("W1", "viewport", "{ a }", ({},)), [floor, ours, ordinary])],
        [[Memory(40, 30)] * workers, [Memory(resident, 80)] * workers, [Memory(150, 90)] * workers],
        [0.0, 82.0, 0.0],
    )


def test_a_ratio_is_the_median_of_neighbouring_slices() -> None:
    base = [[1.0, 10.0], [2.0, 4.0]]
    ratio = Ratio.of([[2.0, 30.0], [2.0, 6.0]], base)
    assert ratio == Ratio(median=1.75, least=1.25, greatest=2.5)  # 2, 3 and 1, 1.5
    assert ratio.median != median([[2.0, 30.0], [2.0, 6.0]]) / median(base), "unpaired it would be another figure"


def test_a_cell_stands_beside_its_rounds_slices() -> None:
    assert Ratio.of([[4.0], [9.0]], [[1.0, 2.0, 3.0], [3.0, 3.0, 3.0]]) == Ratio(2.5, 2.0, 3.0)


def test_contenders_take_turns_within_a_round_and_change_who_begins() -> None:
    brisk, slow = Contender("a", ""), Contender("c", "", interleaved=False)
    entrants = [Contestant(name, Server(who, 0, ()), [], who.interleaved) for name, who in (("a", brisk), ("b", brisk))]
    entrants.append(Contestant("c", Server(slow, 0, ()), [], interleaved=False))
    rounds = list(_slices([(entrants[0], 0.0), (entrants[1], 0.3), (entrants[2], 9.0)], PACE))
    a, b, c = (0, 0.4), (1, 0.4), (2, 1.0)
    assert rounds == [[a, b, b, a, a, b, c], [c, b, a, a, b, b, a]]


def test_who_waits_longer_gets_longer_slices_and_fewer() -> None:
    contender = Contender("a", "")
    entrants = [Contestant(name, Server(contender, 0, ()), []) for name in "ab"]
    rounds = list(_slices([(entrants[0], 0.6), (entrants[1], 0.1)], PACE))
    assert rounds == [[(0, 0.6), (1, 0.4), (1, 0.4), (0, 0.6)]] * 2


@pytest.mark.parametrize(
    ("latency", "throughput", "met"), [(0.0108, 95.0, [True, True]), (0.0110, 94.0, [False, False])]
)
def test_targets_are_judged_by_the_ratio_to_the_floor(latency: float, throughput: float, met: list[bool]) -> None:
    judged = list(of_contest(contest(latency, throughput)))
    assert [target.met for target in judged[:2]] == met
    assert judged[2] == Target("RSS of a worker after the run", "100 MiB", "≤ 120 MiB", met=True)
    assert not list(of_contest(contest(latency, throughput, resident=121)))[2].met


def growth(big: float) -> Growth:
    pair = (figures([[0.010]], []), figures([[big]], []))
    return Growth(100_000, 1_000_000, [Grown("W1", {FLOOR: pair, OURS: pair}), Grown("W7", {FLOOR: pair, OURS: pair})])


def test_growth_is_owed_where_the_number_of_rows_is_the_same() -> None:
    assert [target.met for target in of_growth(growth(0.0130))] == [True]
    assert [target.met for target in of_growth(growth(0.0140))] == [False]


def test_the_page_holds_every_part_with_its_figures() -> None:
    first = contest(0.0125, 90.0)
    workload = first.measured[0][0]
    asked = Asked("POST", "200", 284_539, figures([[0.004]], [[250.0]]))
    refused = Asked("POST by id", "400", 120, None)
    page = markdown(
        Run(
            "make bench SCALE=10",
            date(2024, 6, 30),
            PACE,
            City({"projects": 1_000_000}, "PostgreSQL 15"),
            [first, contest(0.0125, 90.0, workers=2)],
            [(workload, [asked, refused])],
            Flagship(3_200, [0.1, 0.2, 0.3]),
            growth(0.0125),
        )
    )
    for line in (
        "Made by `make bench SCALE=10`. City: 1,000,000 projects; sample as of 2024-06-30.",
        "| W1 | 10.00 | 12.50 | **1.25** (1.25–1.25) | 150 | **15.0** (10.0–20.0) |",
        "| W1 | 100 | 90.0 | **0.90** (0.90–0.90) | 7.5 | **0.075** (0.050–0.100) |",
        "| RSS of each worker | 40, 40 | 100, 100 | 150, 150 |",
        "| W1 p50 × floor, one client | 1.25 | ≤ 1.08 | ✗ missed |",
        "| W1 p50 at 1,000,000 × at 100,000 | 1.25 | ≤ 1.30 | ✓ |",
        "| W1 | POST | 200 | 284,539 | 4.00 | **1.00** (1.00–1.00) | 250 | 0.50 |",
        "| W1 | POST by id | 400 | 120 | not offered |  |  |  |",
        "p50 200 ms, least 100 ms, greatest 300 ms over 3 requests.",
    ):
        assert line in page, line
