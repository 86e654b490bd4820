"""How fast tokens should come, and how fast they came. Nothing here waits or reads a clock: it is given the time."""

from collections import deque
from math import inf

SPEEDS: tuple[float | None, ...] = (1, 2, 5, 10, 20, 40, 60, 100, 200, 500, 1000, 3000, 10_000, None)
"""Tokens a second that the keys step through; None is full speed."""
DEFAULT_SPEED, DEFAULT_WORD_SPEED = 60.0, 12.0
"""Characters and words a second: about as fast as one reads."""

_LATE_AT_MOST = 0.1  # seconds; a delay beyond this isn't caught up


def stepped_speed(speed: float | None, step: int) -> float | None:
    """The next of SPEEDS above (1) or below (-1) a speed, which need not be one of them."""
    speeds = [inf if known is None else known for known in SPEEDS]
    now = inf if speed is None else speed
    if step > 0:
        chosen = next((known for known in speeds if known > now), speeds[-1])
    else:
        chosen = next((known for known in reversed(speeds) if known < now), speeds[0])
    return None if chosen == inf else chosen


class Pace:
    """When the next character is due."""

    def __init__(self, speed: float | None) -> None:
        self.speed = speed
        self._last: float | None = None

    def wait(self, now: float) -> float:
        """Seconds until the next character is due; 0 or less when it is."""
        if self.speed is None or self._last is None:
            return 0.0
        return self._last + 1 / self.speed - now

    def due(self, now: float) -> int:
        """How many characters are due by now; 1 at full speed."""
        wait = self.wait(now)
        return 0 if wait > 0 else 1 if self.speed is None else 1 + int(-wait * self.speed)

    def drawn(self, now: float) -> None:
        """A character was drawn."""
        if self.speed is None or self._last is None:
            self._last = now
        else:
            self._last = max(self._last + 1 / self.speed, now - _LATE_AT_MOST)

    def rest(self) -> None:
        """Forgets what was due: after a pause the next character comes at once."""
        self._last = None


class RateMeter:
    """Characters per second over the last second or so."""

    def __init__(self, window: float = 1.0) -> None:
        self._window = window
        self._counts: deque[tuple[float, int]] = deque()

    def add(self, now: float, count: int) -> None:
        self._counts.append((now, count))
        while len(self._counts) > 2 and self._counts[1][0] < now - self._window:
            self._counts.popleft()

    def rate(self) -> float:
        if len(self._counts) < 2:
            return 0.0
        seconds = self._counts[-1][0] - self._counts[0][0]
        # The first count fell before the time measured began.
        return sum(count for _, count in list(self._counts)[1:]) / seconds if seconds > 0 else 0.0

    def rest(self) -> None:
        self._counts.clear()
