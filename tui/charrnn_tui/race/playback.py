"""Plays a race: draws its lanes at a pace and passes them on in frames. Knows no screen."""

from collections.abc import Callable, Sequence
from time import perf_counter

from charrnn_engine.generation.race import Lane, Race, Stretch
from charrnn_tui.ui.player import Player

_FULL_SPEED_FRAME_SECONDS = (1 / 20, 1 / 5)  # the shortest and the longest
_DRAWING_RATIO = 6  # at full speed, time spent on sampling for each second spent on the screen
_MAX_CATCH_UP = 4096  # characters in one call


class RacePlayback(Player[Stretch]):
    """Plays a Race: the speed, the lanes, their controls and `endless` may change at any time, and the next character
    obeys.

    Lanes that are behind catch up at once, even while paused. `on_frame` gets the stretches of each frame; `meter`
    measures one lane.
    """

    def __init__(self, race: Race, on_frame: Callable[[list[Stretch]], None], speed: float | None) -> None:
        super().__init__(on_frame, speed)
        self.race = race

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

    def step(self) -> None:
        """Draws one character in every lane, paused or not. Lanes that are behind catch up first."""
        while self.race.behind:
            self._frame += self.race.advance(_MAX_CATCH_UP, 1.0)
        self._frame += self.race.advance(1, 1.0)
        self._flush(perf_counter())

    def _ready(self) -> bool:
        return self.race.behind or (self._playing and not self.race.ended)

    def _catching_up(self) -> bool:
        return self.race.behind

    def _draw(self, most: int, seconds: float) -> int:
        drawn = self.race.advance(most, seconds)
        self._frame += drawn
        return len(drawn[0].ids) if drawn else 0

    def _full_speed_frame_seconds(self) -> float:
        """Every frame redraws all lanes, so the frame rate depends on what a frame costs."""
        shortest, longest = _FULL_SPEED_FRAME_SECONDS
        return max(shortest, min(longest, (1 + _DRAWING_RATIO) * self._others))
