"""Opening a model and beginning texts with it, or replaying one. Part of the play screen."""

import asyncio
import gc
from dataclasses import dataclass, field

from textual import on, work

from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.generation import Token, default_prompt, encode_prompt, random_seed
from charrnn_engine.generation.recording import Recording
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.play.playback import Playback
from charrnn_tui.play.saving import KeptScreen
from charrnn_tui.play.session import Session
from charrnn_tui.text.text_view import Colouring
from charrnn_tui.ui.pace import DEFAULT_SPEED
from charrnn_tui.ui.prompt_bar import PromptBar


@dataclass
class Settings:
    """What the app is opened with. `model` None is the default one, `seed` None a random one."""

    model: str | None = None
    prompt: str | None = None
    controls: Controls = field(default_factory=Controls)
    seed: int | None = None
    speed: float | None = DEFAULT_SPEED
    endless: bool = True
    colouring: Colouring = "surprise"
    folder: str | None = None
    """Where texts were saved last."""
    replay: Recording | None = None
    to_say: str | None = None
    """What the reader should know at once."""


class OpenedScreen(KeptScreen):
    """A played text of a model that can be exchanged for another one."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.controls, settings.folder)
        self._settings = settings
        self.endless = settings.endless
        self.model: CharRNN | None = None
        self._speed = settings.speed
        self._opened: str | None = None

    @property
    def speed(self) -> float | None:
        return self._speed

    @property
    def model_name(self) -> str | None:
        """What the open model was found by: the name it was asked for by, so that it is found again."""
        return self._opened

    @property
    def prompt_text(self) -> str:
        """The prompt that runs, empty where nothing does."""
        return self.session.generation.prompt if self.session is not None else ""

    def _on_frame(self, tokens: list[Token]) -> None:
        """What has been drawn."""
        raise NotImplementedError

    # -- opening and starting ------------------------------------------------------------------------------------

    def open_model(self, name: str, prompt: str | None = None, seed: int | None = None) -> None:
        """Plays another model, by name or path; None goes on with the prompt and the seed that run."""
        self._open(name, (self.prompt_text if prompt is None else prompt) or None, seed)

    @work(exclusive=True)
    async def _open(self, name: str | None, prompt: str | None = None, seed: int | None = None) -> None:
        """Opens a model in a thread, so that the screen stays alive, and plays it: from a prompt, where it knows it,
        or as the app was told to.
        """
        self._title.title, self._title.state = "opening …", ""
        try:
            model = await asyncio.to_thread(_load, name)
        except CharRNNError as error:
            self._title.title = "no model"
            self._notice(f"{error}", problem=True)
            if self.model is not None:
                self._show_state()
            return
        first = self.model is None
        self.model = model
        self._opened = name or model.name
        self._notice((self._settings.to_say or "") if first else "")
        if first:
            gc.freeze()  # all of this stays: the collector needn't walk through it in the middle of a text
        if first and self._settings.replay is not None:
            self._replay(self._settings.replay)
            return
        wanted = self._settings.prompt if first else prompt
        problem = None if wanted is None else self._problem_with(wanted)
        if problem is not None:
            self._notice(f"{problem}; starting without it", problem=True)
        start = default_prompt(model) if wanted is None or problem is not None else wanted
        self._start(start, self._seed_to_start(first) if seed is None else seed)

    def _seed_to_start(self, first: bool) -> int:
        if first:
            return random_seed() if self._settings.seed is None else self._settings.seed
        return self.session.generation.seed if self.session is not None else random_seed()

    def _replay(self, recording: Recording) -> None:
        """Plays a recording up to its end; who changes a control goes another way from there."""
        assert self.model is not None
        try:
            session = Session(self.model, "", 0, recording)
        except CharRNNError as error:
            self._notice(str(error), problem=True)
            self._start(default_prompt(self.model), random_seed())
            return
        self._play(session)
        if self.playback is not None:
            self.playback.stop_at = recording.length
        self._replaying = True
        self._notice("replaying a recording; a change of the controls goes another way from there")

    def _start(self, prompt: str, seed: int) -> None:
        """Plays from the beginning of a prompt that is known to be good."""
        assert self.model is not None
        self._play(Session(self.model, prompt, seed))

    @on(PromptBar.Submitted)
    def _new_prompt(self, event: PromptBar.Submitted) -> None:
        if self.session is not None:
            self._notice("")
            self._start(event.prompt, self.session.generation.seed)

    def action_again(self) -> None:
        if self.session is not None:
            self._start(self.session.generation.prompt, random_seed())

    def _play(self, session: Session) -> None:
        self._stop()
        self._leave_ongoing()
        self.session = session
        self.playback = Playback(
            session.generation, self.controls, self._on_frame, speed=self._speed, endless=self.endless
        )
        self._loops.clear()
        self._page.open(session)
        self._prompt.prompt = session.generation.prompt
        self._side.opened(session)
        self._show_state()
        self._run(self.playback)
        self._go_on_ongoing(session)

    def _problem_with(self, prompt: str) -> str | None:
        if self.model is None:
            return "no model is open yet"
        try:
            encode_prompt(self.model, prompt)
        except CharRNNError as error:
            return str(error)
        return None


def _load(name: str | None) -> CharRNN:
    # Here, and not above: what reads a model takes a while to import, and the first paint needn't wait for it.
    from charrnn_engine.checkpoints.store import default_checkpoint, load

    return load(name or default_checkpoint())
