"""Keeps round markers from covering one another."""

import math
from collections.abc import Sequence

Point = tuple[float, float]


def spread(points: Sequence[Point], apart: float, rounds: int = 200) -> list[Point]:
    """The points, moved as little as needed until any two are ``apart``; at most ``rounds`` steps.

    The result depends on nothing but the points and their order: points on one spot part in directions taken from
    their place in the sequence.
    """
    moved = [list(point) for point in points]
    for _ in range(rounds):
        touched = False
        for one in range(len(moved)):
            for other in range(one):
                dx, dy = moved[one][0] - moved[other][0], moved[one][1] - moved[other][1]
                distance = math.hypot(dx, dy)
                if distance >= apart - 0.01:
                    continue
                touched = True
                if distance < 1e-6:
                    dx, dy, distance = math.cos(one * 2.4), math.sin(one * 2.4), 1.0  # the golden angle
                    push = apart / 2
                else:
                    push = (apart - distance) / 2
                for index, sign in ((one, 1), (other, -1)):
                    moved[index][0] += sign * push * dx / distance
                    moved[index][1] += sign * push * dy / distance
        if not touched:
            break
    return [(x, y) for x, y in moved]
