"""Drains a text at a pace and hands it on in frames. Knows the clock and the event loop, but no screen."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import aclosing
from math import inf
from time import perf_counter

from charrnn_engine.sampler import Controls
from charrnn_engine.stream import TURN_SECONDS, Generation, Token, continue_stream

SPEEDS: tuple[float | None, ...] = (5, 10, 20, 40, 60, 100, 200, 500, 1000, 3000, 10_000, None)
"""Characters a second that the keys step through; None is as fast as it goes."""
DEFAULT_SPEED = 60.0


_FRAME_SECONDS = 1 / 60
_FULL_SPEED_FRAME_SECONDS = 1 / 30
_LATE_AT_MOST = 0.1  # what a busy machine missed beyond this is not caught up
_TURNS = 8
_NAP = 0.05  # so that a change of speed is felt at once even at a slow one


def stepped_speed(speed: float | None, step: int) -> float | None:
    """The next of SPEEDS above (1) or below (-1) a speed, which needn't be one of them."""
    speeds = [inf if known is None else known for known in SPEEDS]
    now = inf if speed is None else speed
    if step > 0:
        chosen = next((known for known in speeds if known > now), speeds[-1])
    else:
        chosen = next((known for known in reversed(speeds) if known < now), speeds[0])
    return None if chosen == inf else chosen


class Pace:
    """When the next character is due. Handed the time, so that it can be tested without waiting."""

    def __init__(self, speed: float | None) -> None:
        self.speed = speed
        self._last: float | None = None

    def wait(self, now: float) -> float:
        """Seconds until the next character is due; 0 or less when it is."""
        if self.speed is None or self._last is None:
            return 0.0
        return self._last + 1 / self.speed - now

    def drawn(self, now: float) -> None:
        """A character was drawn."""
        if self.speed is None or self._last is None:
            self._last = now
        else:
            self._last = max(self._last + 1 / self.speed, now - _LATE_AT_MOST)

    def rest(self) -> None:
        """Forget what was due: after a pause the next character comes at once."""
        self._last = None


class RateMeter:
    """Characters per second over the last second or so. Handed the time."""

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


class Playback:
    """Plays one Generation: `controls`, `speed`, `endless` and `paused` may change at any time, and the next
    character obeys. `on_frame` gets the tokens of each frame, a few dozen times a second.
    """

    def __init__(
        self,
        generation: Generation,
        controls: Controls,
        on_frame: Callable[[list[Token]], None],
        *,
        speed: float | None = DEFAULT_SPEED,
        endless: bool = True,
    ) -> None:
        self.generation = generation
        self.controls = controls
        self.endless = endless
        self.ended = False
        """Whether it stopped at an `<eos>`, or at `stop_at`."""
        self.stop_at: int | None = None
        """A length at which to stop, once: where a replayed recording ends."""
        self.meter = RateMeter()
        self._on_frame = on_frame
        self._pace = Pace(speed)
        self._going = asyncio.Event()
        self._frame: list[Token] = []
        self._framed = 0.0
        self._turn_ends = 0.0
        self._going.set()

    @property
    def speed(self) -> float | None:
        return self._pace.speed

    @speed.setter
    def speed(self, speed: float | None) -> None:
        self._pace.speed = speed

    @property
    def playing(self) -> bool:
        return self._going.is_set()

    def pause(self) -> None:
        self._going.clear()
        self._flush(perf_counter())

    def play(self) -> None:
        """Goes on, past an `<eos>` too."""
        self.ended = False
        self._pace.rest()
        self.meter.rest()
        self._going.set()

    def step(self) -> Token:
        """Draws one character, paused or not, and hands it on at once."""
        self.ended = False
        token = self.generation.next(self.controls)
        self._frame.append(token)
        self._flush(perf_counter())
        return token

    async def run(self) -> None:
        """Plays until cancelled."""
        eos = self.generation.model.vocabulary.eos
        while True:
            await self._going.wait()
            # Endless as far as the stream is concerned: where to stop is decided here, and can change.
            async with aclosing(continue_stream(self.generation, self._controls_now, endless=True)) as tokens:
                async for token in tokens:
                    self._frame.append(token)
                    if (token.id == eos and not self.endless) or self.stop_at == len(self.generation):
                        self.ended, self.stop_at = True, None
                        self.pause()
                    else:
                        await self._keep_pace()

    def _controls_now(self) -> Controls | None:
        return self.controls if self._going.is_set() else None

    async def _keep_pace(self) -> None:
        now = perf_counter()
        pace = self._pace
        pace.drawn(now)
        frame_seconds = _FULL_SPEED_FRAME_SECONDS if pace.speed is None else _FRAME_SECONDS
        if now - self._framed >= frame_seconds:
            self._flush(now)
        if now >= self._turn_ends:
            # A key, or a frame on its way to the screen, passes through several queues, one each turn of the loop.
            for _turn in range(_TURNS):
                await asyncio.sleep(0)
            self._turn_ends = perf_counter() + TURN_SECONDS
        while self._going.is_set() and (wait := pace.wait(perf_counter())) > 0:
            if self._frame and wait > frame_seconds:
                self._flush(perf_counter())
            await asyncio.sleep(min(wait, _NAP))

    def _flush(self, now: float) -> None:
        self._framed = now
        frame, self._frame = self._frame, []
        if frame:
            self.meter.add(now, len(frame))
            self._on_frame(frame)
