"""Drains a race at a pace and hands it on in frames. Knows the clock and the event loop, but no screen."""

import asyncio
from collections.abc import Callable, Sequence
from time import perf_counter

from charrnn_engine.race import Lane, Race, Stretch
from charrnn_engine.stream import TURN_SECONDS
from charrnn_tui.playback import DEFAULT_SPEED, Pace, RateMeter

_FRAME_SECONDS = 1 / 60
_FULL_SPEED_FRAME_SECONDS = (1 / 20, 1 / 5)  # the least and the most
_LANES_SHARE = 4  # at full speed the lanes get so many times as long as what is drawn of them
_MOST = 4096
_TURNS = 8
_NAP = 0.05  # so that a change of speed is felt at once even at a slow one


class RacePlayback:
    """Plays a Race: `speed`, the lanes, their controls and `endless` may change at any time, and the next character
    obeys. Lanes that are behind catch up at once, also while paused. `on_frame` gets the stretches of each frame.
    """

    def __init__(
        self, race: Race, on_frame: Callable[[list[Stretch]], None], *, speed: float | None = DEFAULT_SPEED
    ) -> None:
        self.race = race
        self.meter = RateMeter()
        """Of one lane."""
        self._on_frame = on_frame
        self._pace = Pace(speed)
        self._playing = True
        self._changed = asyncio.Event()
        self._frame: list[Stretch] = []
        self._framed = 0.0
        self._others = 0.0  # seconds that everything else took since the last frame

    @property
    def speed(self) -> float | None:
        return self._pace.speed

    @speed.setter
    def speed(self, speed: float | None) -> None:
        self._pace.speed = speed

    @property
    def playing(self) -> bool:
        return self._playing

    @property
    def endless(self) -> bool:
        return self.race.endless

    @endless.setter
    def endless(self, endless: bool) -> None:
        self.race.endless = endless
        self._changed.set()

    @property
    def lanes(self) -> Sequence[Lane]:
        return self.race.lanes

    @lanes.setter
    def lanes(self, lanes: Sequence[Lane]) -> None:
        self._flush(perf_counter())
        self.race.lanes = lanes
        self._pace.rest()
        self._changed.set()

    def pause(self) -> None:
        self._playing = False
        self._flush(perf_counter())

    def play(self) -> None:
        self._playing = True
        self._pace.rest()
        self.meter.rest()
        self._changed.set()

    def step(self) -> None:
        """One character on in every lane, paused or not; at once. Lanes that are behind catch up first."""
        while self.race.behind:
            self._frame += self.race.advance(_MOST, 1.0)
        self._frame += self.race.advance(1, 1.0)
        self._flush(perf_counter())

    async def run(self) -> None:
        """Plays until cancelled."""
        while True:
            self._changed.clear()
            if self.race.behind or (self._playing and not self.race.ended):
                await self._turn()
            else:
                self._flush(perf_counter())
                await self._changed.wait()

    async def _turn(self) -> None:
        """What is due within a few milliseconds, and then the others' turn."""
        race, pace = self.race, self._pace
        now = perf_counter()
        behind = race.behind
        hurry = behind or pace.speed is None
        due = _MOST if hurry else _due(pace, now)
        drawn = race.advance(due, TURN_SECONDS)
        self._frame += drawn
        if drawn and not behind:
            count = len(drawn[0].ids)
            self.meter.add(now, count)
            for _ in range(1 if hurry else count):
                pace.drawn(now)
        now = perf_counter()
        wait = 0.0 if hurry else max(TURN_SECONDS, pace.wait(now))
        if now - self._framed >= self._frame_seconds(hurry) or wait > _FRAME_SECONDS or race.ended:
            self._flush(now)
        if wait:
            await asyncio.sleep(min(wait, _NAP))
            return
        # A key, or a frame on its way to the screen, passes through several queues, one each turn of the loop.
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        self._others += perf_counter() - now

    def _frame_seconds(self, hurry: bool) -> float:
        """At full speed a frame draws every lane anew, so how many there can be is a matter of what one costs."""
        least, most = _FULL_SPEED_FRAME_SECONDS
        return max(least, min(most, (1 + _LANES_SHARE) * self._others)) if hurry else _FRAME_SECONDS

    def _flush(self, now: float) -> None:
        self._framed, self._others = now, 0.0
        frame, self._frame = self._frame, []
        if frame:
            self._on_frame(frame)


def _due(pace: Pace, now: float) -> int:
    """How many characters are due by now."""
    wait = pace.wait(now)
    return 0 if wait > 0 or pace.speed is None else min(_MOST, 1 + int(-wait * pace.speed))
