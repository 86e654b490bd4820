"""States of a text that are kept for going back: all recent ones, and fewer of the older ones. Knows no model."""

from bisect import bisect_left

from charrnn_engine.network.products import Array

_AT_MOST = 512


class Snapshots:
    """A state for some numbers of tokens read; the first one is there from the beginning."""

    def __init__(self, first: Array, read: int = -1) -> None:
        self._states: dict[int, Array] = {read: first}

    def keep(self, read: int, state: Array) -> None:
        self._states[read] = state
        if len(self._states) > _AT_MOST:
            # Thin out the older half evenly: going far back then repeats more steps.
            older = sorted(self._states)[: _AT_MOST // 2]
            first, spaces = older[0], len(older) // 2
            places = (first + n * (older[-1] - first) // spaces for n in range(spaces + 1))
            spread = {older[bisect_left(older, place)] for place in places}
            for at in older:
                if at not in spread:
                    del self._states[at]

    def nearest(self, read: int) -> tuple[int, Array]:
        """The latest one with at most so many tokens read. Raises ValueError where none is left."""
        at = max(at for at in self._states if at <= read)
        return at, self._states[at]

    def drop_before(self, read: int) -> int:
        """Drops the states that aren't needed for going back to so many tokens; returns what the oldest one left has
        read.
        """
        oldest = max((at for at in self._states if at <= read), default=-1)
        self._states = {at: state for at, state in self._states.items() if at >= oldest}
        return oldest

    def drop_from(self, read: int) -> None:
        """Drops the states with so many tokens read, or more."""
        self._states = {at: state for at, state in self._states.items() if at < read}
