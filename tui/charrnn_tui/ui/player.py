"""Playing at a pace: turns with the event loop, and frames for a screen to show. Subclasses know what is drawn.

Knows the clock and the event loop, but no screen.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from time import perf_counter
from typing import Generic, TypeVar

from charrnn_engine.errors import CharRNNError
from charrnn_tui.ui.pace import Pace, RateMeter

FRAME_SECONDS = 1 / 60
_MOST = 4096  # characters in a turn
_TURN_SECONDS = 0.002  # a key waits until the turn ends
_SHORT_TURN = 0.001  # seconds, while the user waits to see the effect of a key
_TURNS = 8
_SHORTEST_NAP, _NAP = 0.004, 0.05  # so that a change of speed is felt at once even at a slow one

Piece = TypeVar("Piece")
"""What a frame is made of."""


class Player(ABC, Generic[Piece]):
    """Plays at a `speed` until cancelled; `on_frame` gets the pieces of each frame.

    `speed` is in characters a second; None is full speed. It may change at any time, and the next character obeys.
    """

    def __init__(self, on_frame: Callable[[list[Piece]], None], speed: float | None) -> None:
        self.meter = RateMeter()
        self._on_frame = on_frame
        self._pace = Pace(speed)
        self._playing = True
        self._changed = asyncio.Event()
        self._frame: list[Piece] = []
        self._framed = 0.0
        self._awaited = False
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

    def pause(self) -> None:
        self._playing = False
        self.flush()

    def flush(self) -> None:
        """Hands on what has been drawn, without waiting for the end of the frame."""
        self._flush(perf_counter())

    def draw_now(self, characters: int) -> None:
        """Draws so many characters at once, whatever the speed, and hands them on."""
        if characters > 0:
            self._draw(characters, 3600.0)
            self.flush()

    def play(self) -> None:
        self._playing = True
        self._pace.rest()
        self.meter.rest()
        self._changed.set()

    def show_soon(self) -> None:
        """Shows the next character as soon as it is drawn: the user waits to see it."""
        self._awaited = True

    async def run(self) -> None:
        """Plays until cancelled."""
        while True:
            self._changed.clear()
            if self._ready():
                await self._turn()
            else:
                self._flush(perf_counter())
                await self._changed.wait()

    @abstractmethod
    def _ready(self) -> bool:
        """Whether there is something to draw."""

    def _catching_up(self) -> bool:
        """Whether what is due is drawn at once, whatever the speed."""
        return False

    @abstractmethod
    def _draw(self, most: int, seconds: float) -> int:
        """Draws up to `most` characters into the frame, for about `seconds`; returns how many."""

    @abstractmethod
    def _full_speed_frame_seconds(self) -> float:
        """How long a frame lasts at full speed."""

    async def _turn(self) -> None:
        """Draws what is due within a few milliseconds, then lets other tasks run."""
        pace, now = self._pace, perf_counter()
        behind = self._catching_up()
        hurry = behind or pace.speed is None
        drawn = 0
        if due := _MOST if hurry else min(_MOST, pace.due(now)):
            try:
                drawn = self._draw(due, _SHORT_TURN if self._awaited else _TURN_SECONDS)
            except CharRNNError:
                self._flush(now)  # what came before it is text
                raise
        if drawn and not behind:
            self.meter.add(now, drawn)
            for _ in range(1 if hurry else drawn):
                pace.drawn(now)
        now = perf_counter()
        wait = 0.0 if hurry else max(_SHORTEST_NAP, pace.wait(now))
        frame_seconds = self._full_speed_frame_seconds() if hurry else FRAME_SECONDS
        framed = now - self._framed >= frame_seconds or wait > FRAME_SECONDS
        if framed or (drawn and self._awaited) or not self._ready():
            self._flush(now)
        if wait:
            await asyncio.sleep(min(wait, _NAP))
            return
        # A key, or a frame for the screen, passes through several queues, one in each turn of the event loop.
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        self._others += perf_counter() - now

    def _flush(self, now: float) -> None:
        self._framed, self._others = now, 0.0
        frame, self._frame = self._frame, []
        if frame:
            self._awaited = False
            self._on_frame(frame)
