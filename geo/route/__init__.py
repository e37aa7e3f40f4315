"""A day's round trip through the right sites: model, travel times, solver, independent verifier.

`model` the question and the answer · `travel` the seam for road networks · `candidates` who enters ·
`timetable` the clock · `exact` and `vroom_order` find the order · `insertion` one more stop · `solve` puts it
together with the reasons · `verify` the check · `plan` the entry.
"""

from geo.route.candidates import CANDIDATE_CEILING
from geo.route.model import (
    Leg,
    Line,
    Position,
    RouteAnswer,
    RouteProblem,
    RouteProblemError,
    Shift,
    Site,
    Stop,
    TravelBasis,
    Unvisited,
    UnvisitedReason,
    Window,
    instant,
)
from geo.route.plan import plan, plan_off_loop, warm_solver
from geo.route.travel import UNREACHABLE, StraightLineEstimate, TravelMatrix, TravelTimes
from geo.route.verify import RouteInfeasible, verify

__all__ = [
    "CANDIDATE_CEILING",
    "UNREACHABLE",
    "Leg",
    "Line",
    "Position",
    "RouteAnswer",
    "RouteInfeasible",
    "RouteProblem",
    "RouteProblemError",
    "Shift",
    "Site",
    "Stop",
    "StraightLineEstimate",
    "TravelBasis",
    "TravelMatrix",
    "TravelTimes",
    "Unvisited",
    "UnvisitedReason",
    "Window",
    "instant",
    "plan",
    "plan_off_loop",
    "verify",
    "warm_solver",
]
