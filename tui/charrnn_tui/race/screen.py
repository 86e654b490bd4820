"""The race on the screen: two to five lanes side by side, and the keys that change them.

Composes widgets and passes keys on; what is raced is a RaceGame, which outlives the screen.
"""

from time import perf_counter
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.worker import Worker

from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.race import Stretch
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.race.game import RaceGame
from charrnn_tui.race.keys import RACE_KEYS, hints, works_now
from charrnn_tui.race.lane_choices import LaneChoices
from charrnn_tui.race.lane_output import LaneText
from charrnn_tui.race.lane_view import LaneView
from charrnn_tui.race.lanes import Lanes
from charrnn_tui.race.race_to_save import RaceToSave
from charrnn_tui.race.titles import lane_names, state, title, variation_notice
from charrnn_tui.race.variation import MAX_LANES, MIN_LANES
from charrnn_tui.save.screen import Saving
from charrnn_tui.text.colouring import next_colouring
from charrnn_tui.ui.host_files import allowed
from charrnn_tui.ui.key_bar import KeyBar
from charrnn_tui.ui.keys import shown_keys
from charrnn_tui.ui.notice_line import NoticeLine
from charrnn_tui.ui.pace import DEFAULT_SPEED, stepped_speed
from charrnn_tui.ui.prompt_bar import PromptBar, prompt_hints
from charrnn_tui.ui.title_bar import TitleBar

__all__ = ["LaneText", "RaceScreen"]

_FIGURES_SECONDS = 1 / 4  # how often figures change while the text runs


class RaceScreen(Screen[LaneText]):
    """Races one model against itself at several temperatures, or with other seeds, prompts, models or held units.

    Dismissed with the lane to continue, or None. A new screen continues the game of a `previous` one. If the model or
    the prompt has changed, the lanes start again from the new ones. `folder` is where a text was saved last. The
    model must know the prompt.
    """

    AUTO_FOCUS = ""
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (12, "-short"), (18, "-tall"), (32, "-high")]
    BINDINGS: ClassVar[list[BindingType]] = [*RACE_KEYS]
    HELP = (
        "The text is coloured by how surprised the model was: grey-blue where it was sure, amber to red where it "
        "wasn't. What a lane has in common with the one on its left is shaded, up to the first character that "
        "differs. A click selects a lane; the keys change the lane that is selected."
    )

    DEFAULT_CSS = """
    RaceScreen {
        layout: vertical; background: $background;
        ToastRack { dock: top; align: right top; margin: 1 0 0 0; }
        &.-tiny LaneFoot { display: none; }
        &.-short LaneFoot { height: 3; }
        &.-high LaneFoot { height: 6; }
    }
    """

    def __init__(
        self,
        model: CharRNN,
        prompt: str,
        seed: int,
        speed: float | None = DEFAULT_SPEED,
        controls: Controls = Controls(),
        previous: RaceGame | None = None,
        folder: str | None = None,
    ) -> None:
        super().__init__()
        continued = previous is not None and previous.continues(model, prompt)
        self.game = previous if previous and continued else RaceGame(model, prompt, seed, speed, controls, previous)
        self._figures_shown = 0.0
        self._player: Worker[None] | None = None
        self.saving = Saving(self, folder, self._say, lambda: None)
        self._choices = LaneChoices(self, self.game, self._show_lanes, self._say)
        # Kept as attributes: they are written to many times a second, and once more while the screen is removed.
        self._title = TitleBar(id="title")
        self._lanes = Lanes(self.game.outputs)
        self._notice = NoticeLine(id="race-notice")
        self._prompt = PromptBar(self.game.problem_with, id="prompt")
        self._keys = KeyBar(id="keys")

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._lanes
        yield self._notice
        yield self._prompt
        yield self._keys

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_keys())
        self.game.on_frame = self._on_frame
        self._show_lanes()

    # -- playing -------------------------------------------------------------------------------------------------

    def _play(self) -> None:
        """Starts the lanes, if they don't run already."""
        if self._player is None or self._player.is_finished:
            self._player = self._run()

    @work(group="playing")
    async def _run(self) -> None:
        try:
            await self.game.playback.run()
        except CharRNNError as error:
            self._notice.say(str(error), problem=True)

    def _on_frame(self, stretches: list[Stretch]) -> None:
        self._lanes.write(stretches)
        self._show_differences()
        playback, now = self.game.playback, perf_counter()
        if not playback.playing or playback.race.ended or now - self._figures_shown >= _FIGURES_SECONDS:
            self._show_figures(now)

    def _say(self, line: str, problem: bool = False) -> None:
        self._notice.say(line, problem)

    # -- what is shown -------------------------------------------------------------------------------------------

    def _show_lanes(self) -> None:
        """Shows everything again, after lanes were added, removed or restarted."""
        self._lanes.show(self.game.outputs, self.game.place)
        self._show_differences()
        self._show_figures()
        if self.game.wants_measuring:
            self._choices.measure_units()
        self._play()

    def _show_differences(self) -> None:
        game = self.game
        self._lanes.show_differences([game.playback.race.parting(place) for place in range(len(game.lanes))])

    def _show_figures(self, now: float = 0.0) -> None:
        self._figures_shown = now
        self._lanes.show_figures()
        self._show_state()

    def _show_state(self) -> None:
        game = self.game
        self._lanes.show_headings([lane_names(game, lane) for lane in game.lanes])
        self._title.title, self._title.state = title(game), state(game, with_rate=self.size.width >= 90)
        self._prompt.prompt = game.selected.prompt
        self._show_keys()

    def _show_keys(self) -> None:
        game, keys = self.game, shown_keys(self)
        self._keys.hints = prompt_hints(keys) if self._prompt.editing else hints(keys, game)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Whether a key can do anything now."""
        typing = action == "select_next" and self._prompt.editing
        return allowed(self.app, action) and not typing and works_now(self.game, action, parameters)

    # -- the lanes -----------------------------------------------------------------------------------------------

    def action_select(self, place: int) -> None:
        self.game.select(place)
        self._lanes.show(self.game.outputs, self.game.place)
        self._show_state()

    def action_select_next(self, step: int) -> None:
        self.action_select((self.game.place + step) % len(self.game.lanes))

    @on(LaneView.Selected)
    def _clicked(self, event: LaneView.Selected) -> None:
        if event.lane in self.game.lanes:
            self.action_select(self.game.lanes.index(event.lane))

    def action_add(self) -> None:
        self._notice.say("" if self.game.add() else f"At most {MAX_LANES} lanes")
        self._show_lanes()

    def action_remove(self) -> None:
        self._notice.say("" if self.game.remove() else f"At least {MIN_LANES} lanes")
        self._show_lanes()

    def action_temperature(self, step: float) -> None:
        self.game.turn(10 * step) if self.game.vary == "hold" else self.game.change_temperature(step)
        self._show_state()

    def action_set_free(self) -> None:
        self.game.set_free()
        self._show_state()

    def action_greedy(self) -> None:
        self.game.toggle_greedy()
        self._show_state()

    def action_restart(self, new_seeds: bool) -> None:
        self._notice.say("")
        self.game.restart_with_new_seeds() if new_seeds else self.game.restart()
        if not self.game.playback.playing:
            self.game.playback.play()
        self._show_lanes()

    def action_vary(self) -> None:
        self.game.vary_next()
        self._notice.say(variation_notice(self.game, shown_keys(self)))
        self._show_lanes()
        if self.game.wants_models:
            self._choices.open_models()

    def action_unit(self) -> None:
        self._choices.choose_unit(self._unit_chosen)

    def _unit_chosen(self) -> None:
        self._notice.say(variation_notice(self.game, shown_keys(self)))
        self._show_lanes()

    def action_model(self) -> None:
        self._choices.next_model()

    # -- the prompt ----------------------------------------------------------------------------------------------

    def action_prompt(self) -> None:
        self._prompt.edit()

    @on(PromptBar.Submitted)
    def _new_prompt(self, event: PromptBar.Submitted) -> None:
        self._notice.say("")
        self.game.set_prompt(event.prompt)
        self._show_lanes()

    # -- pace and page -------------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        playback = self.game.playback
        playback.pause() if playback.playing else playback.play()
        self._show_figures()

    def action_step(self) -> None:
        try:
            self.game.playback.step()
        except CharRNNError as error:
            self._notice.say(str(error), problem=True)
        self._show_figures()

    def action_speed(self, step: int) -> None:
        playback = self.game.playback
        playback.speed = stepped_speed(playback.speed, step)
        self._show_state()

    def action_endless(self) -> None:
        playback = self.game.playback
        playback.endless = not playback.endless
        self._notice.say("" if playback.endless else "Each lane stops at the end of its text (∎)")
        self._show_state()

    def action_colouring(self) -> None:
        self._lanes.colouring, notice = next_colouring(self._lanes.colouring)
        self.notify(notice, timeout=2)

    def action_page(self, direction: int) -> None:
        self._lanes.selected.page.go_to("page down" if direction > 0 else "page up")

    def action_top(self) -> None:
        self._lanes.scroll_texts(to_end=False)

    def action_bottom(self) -> None:
        self._lanes.scroll_texts(to_end=True)

    # -- leaving -------------------------------------------------------------------------------------------------

    def action_save(self) -> None:
        playback = self.game.playback
        played = playback.playing
        playback.pause()
        self._show_figures()
        to_save = RaceToSave(self.game, self.app.export_screenshot(title=f"charrnn-tui · {title(self.game)}"))
        self.saving.ask_for(to_save, lambda: self.action_pause() if played else None)

    def action_open(self) -> None:
        game = self.game
        self._leave(game.outputs[game.place].lane_text(game.playback.playing))

    def action_leave(self) -> None:
        self._leave(None)

    def _leave(self, lane: LaneText | None) -> None:
        self.workers.cancel_group(self, "playing")
        self.dismiss(lane)

    async def on_unmount(self) -> None:
        await self.saving.close()
