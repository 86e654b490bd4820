"""The game: everything about the text that is being played. Knows the clock and the event loop, but no screen.

It owns the model, the text with its branches, the controls, the speed and what can be undone. Playing the text is the
TextPlayer's, drawing at a pace the Player's.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.prompts import default_prompt, encode_prompt, random_seed
from charrnn_engine.generation.recording import Recording
from charrnn_engine.generation.tokens import Token
from charrnn_engine.network.learning_head import DEFAULT_RATE
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.rule_settings import PENALTY_FROM
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.play.history import History
from charrnn_tui.play.reading import Reading
from charrnn_tui.play.text_player import TextPlayer
from charrnn_tui.ui.pace import DEFAULT_SPEED, stepped_speed

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 5.0


class Game(TextPlayer):
    """Plays one text at a time. Everything may change at any time, and the next character obeys."""

    def __init__(
        self,
        on_frame: Callable[[list[Token]], None],
        on_problem: Callable[[str], None],
        *,
        controls: Controls = Controls(),
        speed: float | None = DEFAULT_SPEED,
        endless: bool = True,
    ) -> None:
        super().__init__(on_frame, on_problem, controls, speed, endless)
        self.model: CharRNN | None = None
        self.history = History()
        self._wanted: str | None = None  # the prompt that the user gave last

    # -- models and texts ----------------------------------------------------------------------------------------

    @property
    def given_prompt(self) -> str:
        """The prompt that the user gave last, or nothing."""
        return self._wanted or ""

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
        if model is not self.model:
            self.history.clear()
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
        """Begins a text; without a prompt from the same one, or with the same text to read; without a seed with the
        same one. Raises PromptError.
        """
        assert self.model is not None
        if prompt is not None:
            self._wanted = prompt
        before = self.text
        reading = before.reading.again() if prompt is None and before and before.reading else None
        prompt = prompt if prompt is not None else before.prompt if before else default_prompt(self.model)
        seed = seed if seed is not None else before.seed if before else random_seed()
        self._begin(BranchingText(self.model, prompt, seed, reading=reading))

    def replay(self, model: CharRNN, recording: Recording) -> None:
        """Plays a recording and stops at its end. Raises RecordingError where it was made with another model."""
        text = BranchingText(model, replay=recording)
        self.model, self._wanted = model, recording.prompt
        self._begin(text)

    def replace_model(self, model: CharRNN) -> None:
        """Goes on with the same text under other weights of the same network. Raises ValueError for another one."""
        assert self.text is not None
        self.flush()
        self.text.replace_model(model)
        self.model = model

    def play_on(self, text: BranchingText, controls: Controls) -> None:
        """Plays a text that was written elsewhere from its end, under these controls."""
        if text.model is not self.model:
            self.history.clear()
        self.model, self._wanted, self._controls = text.model, text.prompt, controls
        self._begin(text)

    def read(self, reading: Reading, model: CharRNN | None = None) -> None:
        """Reads a text, from a fresh state, with the model that is open or with another one."""
        self.model = model or self.model
        assert self.model is not None
        seed = self.text.seed if self.text is not None else random_seed()
        self._begin(BranchingText(self.model, seed=seed, reading=reading))

    def _begin(self, text: BranchingText) -> None:
        self.flush()
        if self.text is not None and self.text.model is text.model:
            self.history.left(self.text)
        text.leaves = partial(self.history.left, text)
        self.text = text
        self._loops.clear()
        self.play()

    def recording(self) -> Recording:
        """The text up to the cursor."""
        assert self.text is not None
        return self.text.recording(self._controls)

    # -- controls ------------------------------------------------------------------------------------------------

    def turn_temperature(self, step: float) -> None:
        moved = round(self._controls.temperature + step, 4)
        moved = min(MAX_TEMPERATURE, max(MIN_TEMPERATURE, moved))
        self.controls = replace(self._controls, temperature=moved)

    def step_speed(self, step: int) -> None:
        """The next speed of those that the keys step through: 1 is faster, -1 slower."""
        self.speed = stepped_speed(self.speed, step)

    def toggle_penalty(self) -> str:
        """Turns the penalty on repetitions on and off; returns a notice."""
        on = self._controls.repeat_penalty is None
        self.controls = replace(self._controls, repeat_penalty=PENALTY_FROM if on else None)
        if not on:
            return "Repetitions are free again"
        return f"Repeating {PENALTY_FROM} characters or more that came before is unlikely now"

    def toggle_adapting(self) -> None:
        """The model learns from each character, or learns no more and keeps what it has learnt."""
        self.controls = replace(self._controls, adapt=0.0 if self._controls.adapt else DEFAULT_RATE)

    @property
    def learnt(self) -> bool:
        """Whether the model has learnt something from the text."""
        return self.text is not None and not self._forgetting and self.text.generation.learning

    def forget(self) -> None:
        """The model is as it was, from the next character on."""
        self.controls = replace(self._controls, adapt=None)
        self._forgetting = True

    def toggle_writing(self) -> None:
        """In a text that is read: the model goes on by itself from the cursor, or reads on what remains."""
        assert self.reading is not None
        self.flush()
        self.reading.writing = not self.reading.writing
        self._moved()

    def toggle_endless(self) -> None:
        """Changes what happens at the end of a text: the next one begins, it stops, or the next one begins with the
        prompt. A text that had stopped there resumes.
        """
        prompt = self.text is not None and bool(self.text.prompt)
        self.endless, self.repeat_prompt = self.repeat_prompt or not self.endless, not self.endless and prompt
        if self.endless and self.stopped_at == "end of text":
            self.play()

    # -- moving about in a paused text ---------------------------------------------------------------------------

    def go_to(self, position: int) -> None:
        """Moves the cursor of a paused text."""
        assert self.text is not None
        self.text.go_to(position)
        self._moved()

    def take(self, token_id: int, insert: bool = False) -> None:
        """Continues a paused text with a token that the user chose; `insert` is that of BranchingText. Raises
        ValueError for one that can't be drawn.
        """
        assert self.text is not None
        self._leave_recording()
        self.text.take(token_id, self._next_controls(), insert)
        self._moved()

    def erase(self, ahead: bool = False) -> None:
        """Removes the token before the cursor of a paused text, or the one after it."""
        assert self.text is not None
        self._leave_recording()
        self.text.erase(ahead)
        self._moved()

    def undo(self, redo: bool = False) -> int | None:
        """Undoes the last change of the text, or does it again, and pauses. Returns the position from which the text
        is another now, or None where it is another text. Raises ValueError where that is too far back.
        """
        assert self.text is not None
        self.pause()
        text, position = (self.history.redo if redo else self.history.undo)(self.text)
        if self.watch is not None and position is not None:
            self.watch.forget_from(position + 1)
        self.text, self.model = text, text.model
        self._moved()
        return position

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
