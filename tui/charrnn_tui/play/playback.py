"""Plays a text: draws its tokens at a pace and hands them on in frames. Knows no screen."""

from collections.abc import Callable
from time import perf_counter

from charrnn_engine.generation.generation import Generation, Token
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.ui.pace import DEFAULT_SPEED
from charrnn_tui.ui.player import Player

_FULL_SPEED_FRAME_SECONDS = 1 / 30


class Playback(Player[Token]):
    """Plays one Generation: `controls`, `speed`, `endless` and whether it plays may change at any time, and the next
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
        super().__init__(on_frame, speed)
        self.generation = generation
        self.endless = endless
        self.ended = False
        """Whether it stopped at an `<eos>`, or at `stop_at`."""
        self.stop_at: int | None = None
        """A length at which to stop, once: where a replayed recording ends."""
        self._controls = controls
        self._eos = generation.model.vocabulary.eos

    @property
    def controls(self) -> Controls:
        return self._controls

    @controls.setter
    def controls(self, controls: Controls) -> None:
        self._controls = controls
        self.show_soon()

    def play(self) -> None:
        """Goes on, past an `<eos>` too."""
        self.ended = False
        super().play()

    def step(self) -> Token:
        """Draws one character, paused or not, and hands it on at once."""
        self.ended = False
        token = self.generation.next(self._controls)
        self._frame.append(token)
        self._flush(perf_counter())
        return token

    def _ready(self) -> bool:
        return self._playing

    def _draw(self, most: int, seconds: float) -> int:
        deadline = perf_counter() + seconds
        generation, controls, eos = self.generation, self._controls, self._eos
        for count in range(1, most + 1):
            token = generation.next(controls)
            self._frame.append(token)
            if (token.id == eos and not self.endless) or self.stop_at == len(generation):
                self.ended, self.stop_at = True, None
                self.pause()
                return count
            if perf_counter() >= deadline:
                return count
        return most

    def _full_speed_frame_seconds(self) -> float:
        return _FULL_SPEED_FRAME_SECONDS
