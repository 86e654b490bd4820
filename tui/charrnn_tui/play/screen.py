"""The play screen: composes the widgets, and routes keys and messages to the game and to what saves its text."""

import asyncio
import gc
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.prompts import random_seed
from charrnn_engine.generation.tokens import Token
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.play.control_row import ControlRow
from charrnn_tui.play.distribution_panel import Distribution
from charrnn_tui.play.game import Game
from charrnn_tui.play.game_view import TALL, GameView
from charrnn_tui.play.keys import PLAY_KEYS, control_hints, hints, works
from charrnn_tui.play.next_line import NextLine
from charrnn_tui.play.notices import HELP
from charrnn_tui.play.opening import Opening, load_model
from charrnn_tui.play.sampler_panel import SamplerPanel
from charrnn_tui.play.walking import Walking
from charrnn_tui.save.screen import Saving
from charrnn_tui.text.colouring import Colouring
from charrnn_tui.text.text_view import TextView
from charrnn_tui.ui.key_bar import KeyBar
from charrnn_tui.ui.keys import key_name, shown_keys
from charrnn_tui.ui.prompt_bar import PromptBar, prompt_hints

if TYPE_CHECKING:
    from charrnn_tui.race.game import RaceGame


class PlayScreen(Screen[None]):
    """Plays the text of one model."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (72, "-normal"), (120, "-wide"), (170, "-broad")]
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (10, "-short"), (24, "-middle"), (TALL, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = [*PLAY_KEYS]
    HELP = HELP

    def __init__(self, opening: Opening) -> None:
        super().__init__()
        self._opening = opening
        self.game = Game(
            self._on_frame,
            lambda problem: self._say(problem, problem=True),
            controls=opening.controls,
            speed=opening.speed,
            endless=opening.endless,
        )
        self.model_name: str | None = None
        """What the model was asked for by, so that it is found again."""
        self.saving = Saving(self, opening.folder, self._say, self._show_all)
        self._player: asyncio.Task[None] | None = None
        self._race: RaceGame | None = None
        # Kept by name: they are drawn to many times a second, and once more while the screen is taken down.
        self._view = GameView(self.game, lambda name: key_name(self.app, self.BINDINGS, name), id="game")
        self._walking = Walking(self.game, self._view.page, self._show_all, self._say)
        self._prompt = PromptBar(self.game.problem_with, id="prompt")
        self._keys = KeyBar(id="keys")

    def compose(self) -> ComposeResult:
        yield self._view
        yield self._prompt
        yield self._keys

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_keys())
        self._view.colour(self._opening.colouring)
        self._player = asyncio.create_task(self.game.run(), name="playing")
        self._show_all()
        self.open_model(self._opening.model, self._opening.prompt, self._opening.seed)

    async def on_unmount(self) -> None:
        self.game.pause()
        if self._player is not None:
            self._player.cancel()
        await self.saving.close()

    @work(exclusive=True, group="opening")
    async def open_model(self, name: str | None, prompt: str | None = None, seed: int | None = None) -> None:
        """Plays another model, by name or path; without a prompt and a seed, from those that run now."""
        game, first, problem = self.game, self.game.model is None, None
        self._view.title.title, self._view.title.state = "opening…", ""
        try:
            model = await asyncio.to_thread(load_model, name)
            if first and self._opening.replay is not None:
                game.replay(model, self._opening.replay)
            else:
                problem = game.open(model, prompt, seed)
        except CharRNNError as error:
            self._view.title.title = "no model"
            self._say(str(error), True)
            self._show_all()
            return
        self.model_name = name or model.name
        said = f"{problem}; starting without it" if problem is not None else self._opening.notice if first else None
        self._say(said or "", problem is not None)
        if first:
            gc.freeze()  # all of this stays: the collector needn't walk through it in the middle of a text
        self._text_began()

    def _text_began(self) -> None:
        text = self.game.text
        assert text is not None
        self._view.open(text)
        self._prompt.prompt = text.prompt
        self.saving.next_text(text, self.game.recording)
        self._show_all()

    @on(PromptBar.Submitted)
    def _prompt_submitted(self, event: PromptBar.Submitted) -> None:
        self._say("")
        self._start(event.prompt)

    def action_restart(self) -> None:
        self._start(seed=random_seed())

    @on(SamplerPanel.SeedWanted)
    def _seed_wanted(self, event: SamplerPanel.SeedWanted) -> None:
        if self.game.text is not None:
            self._start(seed=random_seed() if event.seed is None else event.seed)

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
        """Everything beside the text: after a change."""
        self._show_keys()
        path = self.saving.live_path
        self._view.show(path.name if path is not None else "")

    def _show_keys(self) -> None:
        keys = shown_keys(self)
        editing, on_control = self._prompt.editing, isinstance(self.focused, ControlRow)
        own = control_hints(keys) if on_control else hints(keys, self.game, self._view.inside.open)
        self._keys.hints = prompt_hints(keys) if editing else own

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return works(self.game, action, parameters, len(self._view.offered), self._view.inside.open)

    # -- pausing, and moving about in a paused text --------------------------------------------------------------

    def action_pause(self) -> None:
        if self.game.paused:
            self._resume()
        else:
            self._pause()

    def _pause(self) -> bool:
        """Returns whether the text was playing."""
        was_playing = self.game.text is not None and not self.game.paused
        if was_playing:
            self.game.pause()
            self._view.page.show_future()
            self.saving.write_soon()
            self._show_all()
        return was_playing

    def _resume(self) -> None:
        self._view.page.cut()
        self.game.play()
        self._show_all()

    def action_move(self, unit: str, direction: int) -> None:
        self._walking.by(unit, direction)

    @on(TextView.Pointed)
    def _pointed(self, event: TextView.Pointed) -> None:
        self._pause()
        self._walking.to_character(event.offset)

    def action_take(self, place: int) -> None:
        self._walking.take(self._view.offered[place - 1].id)

    @on(Distribution.Picked)
    @on(NextLine.Picked)
    def _picked(self, event: Distribution.Picked | NextLine.Picked) -> None:
        self._pause()
        self._walking.take(event.id)

    def action_branches(self) -> None:
        from charrnn_tui.play.branches import BranchesScreen

        text = self.game.text
        assert text is not None
        self._pause()
        self.app.push_screen(BranchesScreen(text.branches), self._walking.return_to)

    def set_controls(self, controls: Controls) -> None:
        """Draws the next character under these."""
        self.game.controls = controls
        self._view.show_controls()

    @on(SamplerPanel.ControlsWanted)
    def _controls_wanted(self, event: SamplerPanel.ControlsWanted) -> None:
        self.set_controls(event.controls)

    def action_temperature(self, step: float) -> None:
        self.game.turn_temperature(step)
        self._view.show_controls()

    def action_greedy(self) -> None:
        self.set_controls(replace(self.game.controls, greedy=not self.game.controls.greedy))

    def action_controls(self) -> None:
        """Goes to the next control; where there is no room for the controls beside the text, they take some."""
        if self._view.inside.open:
            self._view.inside.focus_field()
        elif self._view.side.size:
            self.focus_next()
        else:
            self.add_class("-controlling")
            self.call_after_refresh(self.focus_next)  # only what is seen can have the focus

    def watch_focused(self) -> None:
        self.set_class(isinstance(self.focused, ControlRow), "-controlling")

    def action_prompt(self) -> None:
        self._prompt.edit()

    def action_speed(self, step: int) -> None:
        self.game.step_speed(step)
        self._show_all()

    def action_endless(self) -> None:
        self.game.toggle_endless()
        if not self.game.paused:
            self._view.page.cut()
        self._show_all()

    def action_save(self) -> None:
        text = self.game.text
        assert text is not None
        closed = self._resume if self._pause() else self._show_all
        picture = self.app.export_screenshot(title=f"charrnn-tui · {text.model.name}")
        self.saving.ask(text, self.game.recording(), picture, closed)

    def action_copy(self) -> None:
        self.notify(self.saving.copy(self._view.page.page), timeout=3)

    def action_race(self) -> None:
        from charrnn_tui.race.screen import RaceScreen

        text = self.game.text
        assert text is not None
        screen = RaceScreen(text.model, text.prompt, text.seed, self.game.speed, self.game.controls, self._race)
        self._race = screen.game
        closed = self._resume if self._pause() else self._show_all
        self.app.push_screen(screen, lambda _: closed())

    def action_models(self) -> None:
        from charrnn_tui.models.screen import ModelsScreen

        text, model = self.game.text, self.game.model
        prompt, seed = (text.prompt, text.seed) if text is not None else ("", None)
        controls = replace(self.game.controls, hold={})  # other models have other units
        screen = ModelsScreen(model.name if model is not None else None, prompt, controls, seed)

        def chosen(name: str | None) -> None:
            if name is not None:
                self.open_model(name)

        self.app.push_screen(screen, chosen)

    def action_inside(self, what: str, step: int = 0) -> None:
        if what == "toggle":
            self._view.toggle_inside()
            self._show_all()
        else:
            self._view.inside.do(what, step)

    @property
    def colouring(self) -> Colouring:
        return self._view.kept_colouring

    def action_colouring(self) -> None:
        self.notify(self._view.next_colouring(), timeout=2)

    def action_scroll(self, where: str) -> None:
        self._view.page.go_to(where)
