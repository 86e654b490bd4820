"""Plays a race: draws its lanes at a pace and hands them on in frames. Knows no screen."""

from collections.abc import Callable, Sequence
from time import perf_counter

from charrnn_engine.generation.race import Lane, Race, Stretch
from charrnn_tui.ui.pace import DEFAULT_SPEED
from charrnn_tui.ui.player import Player

_FULL_SPEED_FRAME_SECONDS = (1 / 20, 1 / 5)  # the least and the most
_LANES_SHARE = 6  # at full speed the lanes get so many times as long as what is drawn of them
_MOST = 4096


class RacePlayback(Player[Stretch]):
    """Plays a Race: `speed`, the lanes, their controls and `endless` may change at any time, and the next character
    obeys. Lanes that are behind catch up at once, also while paused. `on_frame` gets the stretches of each frame;
    `meter` is that of one lane.
    """

    def __init__(
        self, race: Race, on_frame: Callable[[list[Stretch]], None], *, speed: float | None = DEFAULT_SPEED
    ) -> None:
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
        """One character on in every lane, paused or not; at once. Lanes that are behind catch up first."""
        while self.race.behind:
            self._frame += self.race.advance(_MOST, 1.0)
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
        """A frame draws every lane anew, so how many there can be is a matter of what one costs."""
        least, most = _FULL_SPEED_FRAME_SECONDS
        return max(least, min(most, (1 + _LANES_SHARE) * self._others))
