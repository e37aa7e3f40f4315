"""What is kept ready between requests: the most recently used, as much as a weight allows."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """A cache bounded by weight, not by number: a few heavy entries cost what many light ones do."""

    def __init__(self, ceiling: int, heaviest: int) -> None:
        self._ceiling = ceiling
        self._heaviest = heaviest
        self.hits = 0
        self.misses = 0
        self._weight = 0
        self._entries: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()

    def get(self, key: Hashable) -> V | None:
        """The entry of a key, now the most recently used; None when it is not kept."""
        found = self._entries.get(key)
        if found is None:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(key)
        return found[0]

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def weight(self) -> int:
        """What the entries weigh together."""
        return self._weight

    def __contains__(self, key: Hashable) -> bool:
        """Whether a key is kept; asking does not count as use."""
        return key in self._entries

    def put(self, key: Hashable, value: V, weight: int) -> None:
        """Keep an entry, and let go of the least recently used until all fit; one above the heaviest is not kept."""
        if weight > self._heaviest:
            return
        _, former = self._entries.pop(key, (None, 0))
        self._entries[key] = (value, weight)
        self._weight += weight - former
        while self._weight > self._ceiling:
            _, (_, lightened) = self._entries.popitem(last=False)
            self._weight -= lightened
