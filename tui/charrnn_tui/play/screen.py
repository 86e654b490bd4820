"""The play screen: composes the widgets, and passes keys and messages on to the game and to what saves its text."""

import asyncio
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.prompts import random_seed
from charrnn_engine.generation.recording import Recording
from charrnn_engine.generation.tokens import Token
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.play.control_keys import ControlKeys
from charrnn_tui.play.control_row import ControlRow
from charrnn_tui.play.dialogs import Dialogs
from charrnn_tui.play.distribution_panel import Distribution
from charrnn_tui.play.editor import Editor
from charrnn_tui.play.game import Game
from charrnn_tui.play.game_view import TALL, GameView
from charrnn_tui.play.keys import HELP_GROUPS, PLAY_KEYS, control_hints, first_hints, hints, works
from charrnn_tui.play.navigation import Navigation
from charrnn_tui.play.next_line import NextLine
from charrnn_tui.play.notices import HELP
from charrnn_tui.play.opening import Opening, begin
from charrnn_tui.play.sampler_panel import SamplerPanel
from charrnn_tui.save.screen import Saving
from charrnn_tui.text.colouring import Colouring
from charrnn_tui.text.text_view import TextView
from charrnn_tui.ui.host_files import allowed
from charrnn_tui.ui.key_bar import KeyBar
from charrnn_tui.ui.keys import key_name, shown_keys
from charrnn_tui.ui.prompt_bar import PromptBar, prompt_hints


class PlayScreen(Screen[None]):
    """Plays the text of one model."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (72, "-normal"), (120, "-wide"), (170, "-broad")]
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (10, "-short"), (24, "-middle"), (TALL, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = [*PLAY_KEYS]
    HELP = HELP
    HELP_GROUPS = HELP_GROUPS

    def __init__(self, opening: Opening) -> None:
        super().__init__()
        self._opening = opening
        self.game = Game(
            self._on_frame, lambda problem: self._say(problem, True), controls=opening.controls, speed=opening.speed,
            word_speed=opening.word_speed, endless=opening.endless,
        )  # fmt: skip
        self.game.repeat_prompt = opening.repeat_prompt
        self.model_name: str | None = None
        """The name or path that the model was opened by."""
        self.saving = Saving(self, opening.folder, self._say, self._show_all)
        self._player: asyncio.Task[None] | None = None
        # Kept as attributes: they are drawn many times a second, and once more while the screen is removed.
        self._view = GameView(self.game, lambda name: key_name(self.app, self.BINDINGS, name), id="game")
        self._navigation = Navigation(self.game, self._view.page, self.saving, self._show_all, self._say)
        self._dialogs = Dialogs(
            self, self.game, self._navigation, self.saving, self.open_model, self._text_began, self._say
        )
        self._control_keys = ControlKeys(self.game, self._view, self._show_all)
        self._editor = Editor(self._view, self._navigation, self._text_began, self._show_all, id="editor")
        self._prompt = PromptBar(self.game.problem_with, id="prompt")
        self._keys = KeyBar(id="keys")
        self._first_keys = KeyBar("Try", paged=False, id="first-keys")
        self._first_keys.display = opening.introduce

    def compose(self) -> ComposeResult:
        yield self._view
        yield self._first_keys
        yield self._editor
        yield self._prompt
        yield self._keys

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_keys())
        self._first_keys.hints = first_hints(self.app)
        self._view.colour(self._opening.colouring)
        if self._opening.projector:
            self._view.project("toggle")
        self._player = asyncio.create_task(self.game.run(), name="playing")
        self._player.add_done_callback(self._player_ended)
        self._show_all()
        self.open_model(self._opening.model, self._opening.prompt, self._opening.seed)

    async def on_unmount(self) -> None:
        self.game.pause()
        if self._player is not None:
            self._player.cancel()
        await self.saving.close()

    def _player_ended(self, player: asyncio.Task[None]) -> None:
        if not player.cancelled() and player.exception() is not None:
            self.app.fail(player.exception())  # type: ignore[attr-defined]

    @work(exclusive=True, group="opening")
    async def open_model(
        self,
        name: str | None,
        prompt: str | None = None,
        seed: int | None = None,
        replay: Recording | None = None,
        *,
        paused: bool = False,
    ) -> None:
        """Plays another model, by name or path, or a recording of it. Without a prompt or a seed, those of the
        current text count. `paused` stops it before the first character.
        """
        self._view.title.title, self._view.title.state = "opening…", ""
        try:
            said, problem = await begin(self._opening, self.game, name, prompt, seed, replay)
        except CharRNNError as error:
            self._view.title.title = "no model"
            self._say(str(error), True)
            self._show_all()
            return
        if paused:
            self.game.pause()
        if not self._view.is_attached:  # the app was quit meanwhile
            return
        assert self.game.model is not None
        self.model_name = name or self.game.model.name
        self._say(said, problem)
        self._text_began()

    @property
    def typed(self) -> str:
        """What the user typed as a prompt and hasn't submitted."""
        return self._prompt.draft or ""

    @typed.setter
    def typed(self, text: str) -> None:
        self._prompt.draft = text or None

    @property
    def playing(self) -> bool:
        """Whether a text is being written."""
        return self.game.text is not None and not self.game.paused

    def replace_model(self, model: CharRNN, name: str) -> None:
        """Continues the same text with newer weights: those of a model in training, which `name` opens."""
        self.game.replace_model(model)
        self.model_name = name
        self._show_all()

    def _text_began(self, model: str | None = None) -> None:
        self.model_name, text = model or self.model_name, self.game.text
        assert text is not None
        self._view.open(text)
        self._prompt.prompt = text.prompt
        self.saving.next_text(text, self.game.recording)
        self._show_all()

    @on(PromptBar.Submitted)
    def _prompt_submitted(self, event: PromptBar.Submitted) -> None:
        self._say("")
        self._start(event.prompt)

    @on(SamplerPanel.SeedWanted)
    def action_restart(self, event: SamplerPanel.SeedWanted | None = None) -> None:
        if self.game.text is not None:
            self._start(seed=random_seed() if event is None or event.seed is None else event.seed)

    def _start(self, prompt: str | None = None, seed: int | None = None) -> None:
        self.game.start(prompt, seed)
        self._text_began()

    def _on_frame(self, tokens: list[Token]) -> None:
        self._view.page.add(tokens)
        if self.game.paused:
            self._view.page.show_future()
            self._show_all()
        else:
            self._view.show_now_and_then()

    def _say(self, text: str, problem: bool = False) -> None:
        self._view.notice.say(text, problem)

    def _show_all(self) -> None:
        """Updates everything beside the text."""
        self._show_keys()
        self._view.show(self.saving.live_path)

    def _show_keys(self) -> None:
        keys = shown_keys(self)
        if self._prompt.editing:
            self._keys.hints = prompt_hints(keys)
        elif self._editor.has_keys:
            self._keys.hints = self._editor.hints(keys)
        else:
            on_control = isinstance(self.focused, ControlRow)
            self._keys.hints = control_hints(keys) if on_control else hints(keys, self.game, self._view.inside.open)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not allowed(self.app, action):
            return False
        if action == "hide_first_keys":
            return self._first_keys.display
        if self._editor.has_keys:
            return False
        can = {"write": self._editor.can, "adjust": self._control_keys.can, "project": self._view.projector.can}
        if action in can:
            return can[action](str(parameters[0]))
        return works(self.game, action, parameters, len(self._view.offered), self._view.inside.open)

    def action_pause(self) -> None:
        (self._navigation.resume if self.game.paused else self._navigation.pause)()

    def action_move(self, unit: str, direction: int) -> None:
        self._navigation.by(unit, direction)

    @on(TextView.Pointed)
    def _pointed(self, event: TextView.Pointed) -> None:
        self._navigation.pause()
        self._navigation.to_character(event.offset)

    def action_take(self, place: int) -> None:
        self._navigation.take(self._view.offered[place - 1].id)

    @on(Distribution.Picked)
    @on(NextLine.Picked)
    def _picked(self, event: Distribution.Picked | NextLine.Picked) -> None:
        self._navigation.pause()
        self._navigation.take(event.id)

    def set_controls(self, controls: Controls) -> None:
        """The next character is drawn under these."""
        self.game.controls = controls
        self._view.show_controls()

    @on(SamplerPanel.ControlsWanted)
    def _controls_wanted(self, event: SamplerPanel.ControlsWanted) -> None:
        self.set_controls(event.controls)

    def action_adjust(self, what: str, step: float = 0) -> None:
        self._control_keys.do(what, step)

    def action_controls(self) -> None:
        self._view.focus_controls()

    def watch_focused(self) -> None:
        self.set_class(isinstance(self.focused, ControlRow), "-controlling")
        self._view.show_next()

    def action_prompt(self) -> None:
        self._prompt.edit()

    def action_save(self) -> None:
        self._dialogs.save(self.model_name, self.colouring)

    def action_copy(self) -> None:
        self.notify(self.saving.copy(self._view.page.page), timeout=3)

    def action_choose(self, what: str) -> None:
        """Opens a dialog or another screen: see Dialogs."""
        self._dialogs.choose(what)

    def action_read(self) -> None:
        self._dialogs.choose_text()

    def action_write(self, what: str, step: int = 0) -> None:
        self._editor.do(what, step)

    def action_inside(self, what: str, step: int = 0) -> None:
        self._view.look_inside(what, step)
        self._show_keys()

    @property
    def colouring(self) -> Colouring:
        return self._view.kept_colouring

    @colouring.setter
    def colouring(self, colouring: Colouring) -> None:
        self._view.colour(colouring)

    def action_colouring(self) -> None:
        self.notify(self._view.next_colouring(), timeout=2)

    def action_project(self, what: str) -> None:
        if what == "reveal" and not self._view.projector.covered:
            self._navigation.by("character", 1)
        else:
            self._view.project(what)
            self._show_all()

    def action_hide_first_keys(self) -> None:
        self._first_keys.display = False
        self.refresh_bindings()

    def action_scroll(self, where: str) -> None:
        self._view.page.go_to(where)
