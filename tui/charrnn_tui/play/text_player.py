"""Plays one text at a pace: draws it, or reads what it is given, stops at ends, and notices loops. Knows the clock
and the event loop, but no screen, and doesn't choose the text.
"""

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Literal, Protocol

from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.generation import Generation
from charrnn_engine.generation.repetition import Loop, LoopDetector
from charrnn_engine.generation.tokens import Token
from charrnn_engine.sampling.controls import Controls, without_rules
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.play.reading import Reading
from charrnn_tui.ui.player import Player

_FULL_SPEED_FRAME_SECONDS = 1 / 20  # too fast to read: fewer frames leave more for sampling and for a slow terminal


class Watch(Protocol):
    """Looks at the network while it writes."""

    def read(self, generation: Generation, position: int) -> None:
        """Called for each token, while the network is still in the state that predicted it."""

    def forget_from(self, position: int) -> None:
        """Called when the text has changed from a position on."""


class TextPlayer(Player[Token]):
    """Plays a text under `controls`. Both may change at any time, and the next character obeys.

    `on_frame` gets the tokens of each frame, a few dozen times a second. `on_problem` gets a line when no token can
    be drawn; the text is then paused.
    """

    def __init__(
        self,
        on_frame: Callable[[list[Token]], None],
        on_problem: Callable[[str], None],
        controls: Controls,
        speed: float | None,
        endless: bool,
    ) -> None:
        super().__init__(self._take_in, speed)
        self._show, self._report = on_frame, on_problem
        self.text: BranchingText | None = None
        self.endless = endless
        """Whether the next text begins where one has ended."""
        self.repeat_prompt = False
        """Whether the next text begins with the prompt."""
        self.stopped_at: Literal["end of text", "end of recording", "end of reading"] | None = None
        self.watch: Watch | None = None
        self._controls = controls
        self._forgetting = False
        self._static: dict[int, float] = {}  # this frame's probabilities without learning, by position
        self._loops = LoopDetector()

    @property
    def paused(self) -> bool:
        """Whether there is a text that doesn't play, so that the cursor can be moved."""
        return self.text is not None and not self._playing

    @property
    def controls(self) -> Controls:
        return self._controls

    @controls.setter
    def controls(self, controls: Controls) -> None:
        """A change of controls leaves a recording."""
        self._leave_recording()
        self._controls = controls
        if self._loops.current is not None:
            self._loops.clear()
        self.show_soon()

    def _next_controls(self) -> Controls:
        """The controls of the next token. One token without a learning rate makes the model forget what it learnt."""
        if self._forgetting:
            self._forgetting = False
            return replace(self._controls, adapt=None)
        return self._controls

    @property
    def loop(self) -> Loop | None:
        """The loop that the text is stuck in."""
        return self._loops.current

    @property
    def reading(self) -> Reading | None:
        """The text that is read, also while the model writes for a while."""
        return self.text.reading if self.text is not None else None

    @property
    def reads(self) -> bool:
        """Whether the next token comes from a text that is read."""
        return self.reading is not None and not self.reading.writing

    @property
    def replaying(self) -> bool:
        """Whether the next token is a recording's."""
        return self.text is not None and self.text.replaying

    def _leave_recording(self) -> None:
        if self.text is not None and self.text.recorded_length is not None:
            self.flush()  # what has been drawn was drawn under the recording's controls
            self.text.leave_recording()
            if self.stopped_at == "end of recording":
                self.stopped_at = None

    # -- playing -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        while True:
            try:
                await super().run()
            except CharRNNError as error:
                self.pause()
                self._report(str(error))

    def play(self) -> None:
        """Resumes, also after an end. After the end of a text that was read, the model writes."""
        self._resume()
        super().play()

    def _resume(self) -> None:
        self.stopped_at = None
        if self.reading is not None and not self.reading.remain():
            self.reading.writing = True

    def _ready(self) -> bool:
        return self._playing and self.text is not None

    def step(self) -> Token:
        """Draws or reads one token and hands it on at once."""
        self._resume()
        assert self.text is not None
        token = self._add(self.text, self.text.reading.rest(most=1)[0] if self.reads and self.text.reading else None)
        if not self._stop_at_an_end(token, self.text):
            self._begin_again(token, self.text)
        self.flush()
        return token

    def _draw(self, most: int, seconds: float) -> int:
        assert self.text is not None
        deadline = perf_counter() + seconds
        text = self.text
        ids = text.reading.rest(len(self._frame), most) if self.reads and text.reading is not None else None
        if ids is not None:
            most = len(ids)
        for count in range(1, most + 1):
            token = self._add(text, None if ids is None else ids[count - 1])
            if self._stop_at_an_end(token, text):
                self.pause()
                return count
            if self._begin_again(token, text) or perf_counter() >= deadline:
                return count
        return most

    def _add(self, text: BranchingText, to_read: int | None) -> Token:
        """Draws a token, or reads one."""
        generation, watch = text.generation, self.watch
        controls = self._next_controls()
        token = generation.next(controls) if to_read is None else generation.take(to_read, controls)
        if token.controls.adapt is not None and (static := generation.static_probability()) is not None:
            self._static[token.index] = static
        if watch is not None:
            watch.read(generation, token.index)
        self._frame.append(token)
        return token

    def _stop_at_an_end(self, token: Token, text: BranchingText) -> bool:
        if text.recorded_length == token.index + 1:
            self.stopped_at = "end of recording"
        elif self.reads:
            if text.reading is not None and not text.reading.remain(len(self._frame)):
                self.stopped_at = "end of reading"
        elif token.id == text.eos and not self.endless and self._playing:
            self.stopped_at = "end of text"
        return self.stopped_at is not None

    def _begin_again(self, token: Token, text: BranchingText) -> bool:
        """After the end of a text, writes the prompt again if the user wants that. Its tokens count as chosen, so
        that a recording replays. Rules don't apply to them: they are for the text after the prompt.
        """
        wanted = token.id == text.eos and self.endless and self.repeat_prompt
        if not wanted or self.reads or text.replaying:
            return False
        self.flush()
        controls = without_rules(self._controls)
        tokens = [text.generation.take(index, controls) for index in text.model.vocabulary.encode(text.prompt)]
        text.drawn(tokens, forced=True)
        self._show(tokens)
        return True

    def _take_in(self, tokens: list[Token]) -> None:
        """Adds a frame to the text, and passes it on."""
        assert self.text is not None
        if self.text.recorded_length is not None:
            self._controls = tokens[-1].controls  # the user sees them change as they did when it was recorded
        static, self._static = self._static, {}
        probabilities = [static.get(token.index, token.model_probability) for token in tokens] if static else None
        self.text.drawn(tokens, probabilities, self.reads)
        if not self.reads:
            self._loops.extend([token.id for token in tokens])
        self._show(tokens)

    def _full_speed_frame_seconds(self) -> float:
        return _FULL_SPEED_FRAME_SECONDS

    def _moved(self) -> None:
        self._loops.clear()
        self.stopped_at = None
