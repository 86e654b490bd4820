"""The game: everything about the text that is being played. Knows the clock and the event loop, but no screen.

It owns the model, the text with its branches, the controls, the speed and what happens at the end of a text. Drawing
at a pace is the Player's.
"""

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Literal, Protocol

from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.generation import Generation
from charrnn_engine.generation.prompts import default_prompt, encode_prompt, random_seed
from charrnn_engine.generation.recording import Recording
from charrnn_engine.generation.repetition import Loop, LoopDetector
from charrnn_engine.generation.tokens import Token
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.ui.pace import DEFAULT_SPEED, stepped_speed
from charrnn_tui.ui.player import Player

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 5.0
_FULL_SPEED_FRAME_SECONDS = 1 / 20  # too fast to read: fewer frames leave more for sampling and for a slow terminal


class Watch(Protocol):
    """What watches the network while it writes."""

    def read(self, generation: Generation, position: int) -> None:
        """For each token drawn, while the network is in the state that it was drawn from."""

    def forget_from(self, position: int) -> None:
        """For a text that is another one from a position on."""


class Game(Player[Token]):
    """Plays one text at a time. Everything may change at any time, and the next character obeys.

    `on_frame` gets the tokens of each frame, a few dozen times a second. `on_problem` gets a line where no more can
    be drawn; the text is paused then.
    """

    def __init__(
        self,
        on_frame: Callable[[list[Token]], None],
        on_problem: Callable[[str], None],
        *,
        controls: Controls = Controls(),
        speed: float | None = DEFAULT_SPEED,
        endless: bool = True,
    ) -> None:
        super().__init__(self._take_in, speed)
        self._show, self._report = on_frame, on_problem
        self.model: CharRNN | None = None
        self.text: BranchingText | None = None
        self.endless = endless
        """Whether the next text begins where one has ended."""
        self.stopped_at: Literal["end of text", "end of recording"] | None = None
        self.watch: Watch | None = None
        self._controls = controls
        self._loops = LoopDetector()
        self._wanted: str | None = None  # the prompt that the user gave last

    # -- models and texts ----------------------------------------------------------------------------------------

    def problem_with(self, prompt: str) -> str | None:
        """Why the model can't start from a prompt, in a line, or None where it can."""
        if self.model is None:
            return "no model is open yet"
        try:
            encode_prompt(self.model, prompt)
        except CharRNNError as error:
            return str(error)
        return None

    def open(self, model: CharRNN, prompt: str | None = None, seed: int | None = None) -> str | None:
        """Plays another model. Where no prompt is given, the one given last counts, if this model knows it.

        Returns what is wrong with the prompt given: the text starts from the model's own then.
        """
        if self.model is not None and self._controls.hold:
            self._controls = replace(self._controls, hold={})  # they are units of the other model
        self.model = model
        problem = self.problem_with(prompt) if prompt is not None else None
        if problem is None and prompt is not None:
            self._wanted = prompt
        start = self._wanted
        if start is None or self.problem_with(start) is not None:
            start = default_prompt(model)
        if seed is None:
            seed = self.text.seed if self.text is not None else random_seed()
        self._begin(BranchingText(model, start, seed))
        return problem

    def start(self, prompt: str | None = None, seed: int | None = None) -> None:
        """Begins a text; without a prompt from the same one, without a seed with the same one. Raises PromptError."""
        assert self.model is not None
        if prompt is not None:
            self._wanted = prompt
        before = self.text
        prompt = prompt if prompt is not None else before.prompt if before else default_prompt(self.model)
        seed = seed if seed is not None else before.seed if before else random_seed()
        self._begin(BranchingText(self.model, prompt, seed))

    def replay(self, model: CharRNN, recording: Recording) -> None:
        """Plays a recording and stops at its end. Raises RecordingError where it was made with another model."""
        text = BranchingText(model, replay=recording)
        self.model, self._wanted = model, recording.prompt
        self._begin(text)

    def _begin(self, text: BranchingText) -> None:
        self.flush()
        self.text = text
        self._loops.clear()
        self.play()

    def recording(self) -> Recording:
        """The text up to the cursor."""
        assert self.text is not None
        return self.text.recording(self._controls)

    # -- controls ------------------------------------------------------------------------------------------------

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

    def turn_temperature(self, step: float) -> None:
        moved = round(self._controls.temperature + step, 4)
        moved = min(MAX_TEMPERATURE, max(MIN_TEMPERATURE, moved))
        self.controls = replace(self._controls, temperature=moved)

    def step_speed(self, step: int) -> None:
        """The next speed of those that the keys step through: 1 is faster, -1 slower."""
        self.speed = stepped_speed(self.speed, step)

    def toggle_endless(self) -> None:
        """Changes what happens at the end of a text; one that had stopped there resumes."""
        self.endless = not self.endless
        if self.endless and self.stopped_at == "end of text":
            self.play()

    @property
    def loop(self) -> Loop | None:
        """The loop that the text is stuck in."""
        return self._loops.current

    # -- replay --------------------------------------------------------------------------------------------------

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

    # -- moving about in a paused text ---------------------------------------------------------------------------

    @property
    def paused(self) -> bool:
        """Whether there is a text, and it doesn't play: then the cursor can be moved."""
        return self.text is not None and not self._playing

    def go_to(self, position: int) -> None:
        """Moves the cursor of a paused text."""
        assert self.text is not None
        self.text.go_to(position)
        self._moved()

    def step(self) -> Token:
        """Draws one token and hands it on at once."""
        assert self.text is not None
        self.stopped_at = None
        token = self.text.generation.next(self._controls)
        if self.watch is not None:
            self.watch.read(self.text.generation, token.index)
        self._frame.append(token)
        self._stop_at_an_end(token, self.text)
        self.flush()
        return token

    def take(self, token_id: int) -> None:
        """Continues a paused text with a token that the user chose. Raises ValueError for one that can't be drawn."""
        assert self.text is not None
        self._leave_recording()
        self.text.take(token_id, self._controls)
        self._moved()

    def return_to(self, branch: int) -> int:
        """Goes to the end of a branch; returns the position from which the text is another now.

        Raises ValueError where the branch begins too far back.
        """
        assert self.text is not None
        differs_at = self.text.branches[branch].differs_at
        self.text.return_to(branch)
        if self.watch is not None:
            self.watch.forget_from(differs_at + 1)
        self._moved()
        return differs_at

    def _moved(self) -> None:
        self._loops.clear()
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
        """Resumes, also after an end."""
        self.stopped_at = None
        super().play()

    def _ready(self) -> bool:
        return self._playing and self.text is not None

    def _draw(self, most: int, seconds: float) -> int:
        assert self.text is not None
        deadline = perf_counter() + seconds
        text, controls, watch = self.text, self._controls, self.watch
        generation = text.generation
        for count in range(1, most + 1):
            token = generation.next(controls)
            if watch is not None:
                watch.read(generation, token.index)
            self._frame.append(token)
            if self._stop_at_an_end(token, text):
                self.pause()
                return count
            if perf_counter() >= deadline:
                return count
        return most

    def _stop_at_an_end(self, token: Token, text: BranchingText) -> bool:
        if text.recorded_length == token.index + 1:
            self.stopped_at = "end of recording"
        elif token.id == text.eos and not self.endless and self._playing:
            self.stopped_at = "end of text"
        return self.stopped_at is not None

    def _take_in(self, tokens: list[Token]) -> None:
        """Adds a frame to the text, and passes it on."""
        assert self.text is not None
        if self.text.recorded_length is not None:
            self._controls = tokens[-1].controls  # they turn as they were turned when it was recorded
        self.text.drawn(tokens)
        self._loops.extend([token.id for token in tokens])
        self._show(tokens)

    def _full_speed_frame_seconds(self) -> float:
        return _FULL_SPEED_FRAME_SECONDS
