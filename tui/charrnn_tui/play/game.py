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
from charrnn_tui.ui.pace import DEFAULT_SPEED, DEFAULT_WORD_SPEED, stepped_speed

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
        word_speed: float | None = DEFAULT_WORD_SPEED,
        endless: bool = True,
    ) -> None:
        """`speed` is in characters a second, and `word_speed`, for models by the word, in words a second."""
        super().__init__(on_frame, on_problem, controls, speed, endless)
        self.model: CharRNN | None = None
        self.history = History()
        self._wanted: str | None = None  # the prompt that the user gave last
        self._speeds = {"char": speed, "word": word_speed}
        self._level = "char"

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
        """Plays another model. Without a prompt, it starts from the user's last one, if the model knows that.

        Returns what is wrong with `prompt`, if anything; the text then starts from the model's own.
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
        """Begins a text. Without a prompt, the current one counts, or the current text to read; without a seed, the
        current one. Raises PromptError.
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
        """Plays a recording, and stops at its end. Raises RecordingError for a recording of another model."""
        text = BranchingText(model, replay=recording)
        self.model, self._wanted = model, recording.prompt
        self._begin(text)

    def replace_model(self, model: CharRNN) -> None:
        """Continues the text with other weights of the same network. Raises ValueError for another network."""
        assert self.text is not None
        self.flush()
        self.text.replace_model(model)
        self.model = model

    def play_on(self, text: BranchingText, controls: Controls) -> None:
        """Continues a text that was written elsewhere, under these controls."""
        self.model, self._wanted, self._controls = text.model, text.prompt, controls
        self._begin(text)

    def read(self, reading: Reading, model: CharRNN | None = None, seed: int | None = None) -> None:
        """Reads a text from a fresh state, with the model that is open or with another one. Without a seed, the
        current one is kept.
        """
        self.model = model or self.model
        assert self.model is not None
        if seed is None:
            seed = self.text.seed if self.text is not None else random_seed()
        self._begin(BranchingText(self.model, seed=seed, reading=reading))

    def _begin(self, text: BranchingText) -> None:
        self.flush()
        self._speeds, self._level = self.speeds, text.model.vocabulary.level
        self.speed = self._speeds[self._level]
        if self.text is None or self.text.model is not text.model:
            self.history.clear()  # a text of another model can't be put back
        else:
            self.history.left(self.text)
        text.on_replace = partial(self.history.left, text)
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

    @property
    def speeds(self) -> dict[str, float | None]:
        """The speed for each level, `char` and `word`, in tokens a second."""
        return {**self._speeds, self._level: self.speed}

    def step_speed(self, step: int) -> None:
        """The next speed of those that the keys step through: 1 is faster, -1 slower."""
        self.speed = stepped_speed(self.speed, step)

    def toggle_penalty(self) -> str:
        """Turns the repeat penalty on or off; returns a notice."""
        on = self._controls.repeat_penalty is None
        self.controls = replace(self._controls, repeat_penalty=PENALTY_FROM if on else None)
        if not on:
            return "Repetitions are no longer penalised"
        return f"Repetitions of {PENALTY_FROM} characters or more are unlikely now"

    def toggle_adapting(self) -> None:
        """The model begins to learn from each token, or stops and keeps what it has learnt."""
        self.controls = replace(self._controls, adapt=0.0 if self._controls.adapt else DEFAULT_RATE)

    @property
    def learnt(self) -> bool:
        """Whether the model has learnt from the text."""
        return self.text is not None and not self._forgetting and self.text.generation.learning

    def forget(self) -> None:
        """From the next token on, the model is as it was before it learnt."""
        self.controls = replace(self._controls, adapt=None)
        self._forgetting = True

    def toggle_writing(self) -> None:
        """While a text is read: the model writes from the cursor on, or reads the rest."""
        assert self.reading is not None
        self.flush()
        self.reading.writing = not self.reading.writing
        self._moved()

    def toggle_endless(self) -> None:
        """Changes what happens at the end of a text: the next one begins, the next one begins with the prompt, or it
        stops. A text that has stopped there resumes.
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
        """Undoes the last change of the text, or redoes it, and pauses. Returns the position from which the text has
        changed, or None if it is another text. Raises ValueError for a change too far back.
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
        """Goes to the end of a branch; returns the position from which the text has changed.

        Raises ValueError for a branch that begins too far back.
        """
        assert self.text is not None
        differs_at = self.text.branches[branch].differs_at
        self.text.return_to(branch)
        if self.watch is not None:
            self.watch.forget_from(differs_at + 1)
        self._moved()
        return differs_at
