"""The play screen: the text, the next character's distribution, what is set and measured, the prompt and the keys."""

import asyncio
import gc
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Label

from charrnn_engine.errors import CharRNNError
from charrnn_engine.loops import LoopDetector
from charrnn_engine.model import CharRNN
from charrnn_engine.recording import Recording
from charrnn_engine.replay import ReplayedGeneration
from charrnn_engine.sampler import Controls
from charrnn_engine.stream import Token, default_prompt, encode_prompt, random_seed
from charrnn_tui.loop_notice import loop_notice
from charrnn_tui.playback import DEFAULT_SPEED, Playback, stepped_speed
from charrnn_tui.screens.branches import BranchesScreen
from charrnn_tui.screens.play_keys import CONTROL_HINTS, PLAY_KEYS, PROMPT_HINTS, hints
from charrnn_tui.session import Session
from charrnn_tui.widgets.control_row import ControlRow
from charrnn_tui.widgets.distribution import Distribution
from charrnn_tui.widgets.key_bar import KeyBar
from charrnn_tui.widgets.prompt_bar import PromptBar
from charrnn_tui.widgets.sampler_panel import MAX_TEMPERATURE, MIN_TEMPERATURE, SamplerPanel
from charrnn_tui.widgets.session_page import SessionPage
from charrnn_tui.widgets.side_panel import Playing, SidePanel
from charrnn_tui.widgets.status_panel import speed_text
from charrnn_tui.widgets.text_view import COLOURINGS, Colouring, TextView
from charrnn_tui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from charrnn_tui.keeping import Keepsake
    from charrnn_tui.screens.save import SaveChoice

_PANEL_SECONDS = 1 / 12  # how often figures and bars change while the text runs
_TALL = 32  # lines from which there is room for all figures


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


class PlayScreen(Screen[None]):
    """Plays one model."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (72, "-normal"), (120, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (_TALL, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = [*PLAY_KEYS]

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self.controls = settings.controls
        self.endless = settings.endless
        self.folder = settings.folder
        self.model: CharRNN | None = None
        self.session: Session | None = None
        self.playback: Playback | None = None
        self._speed = settings.speed
        self._opened: str | None = None
        self._player: asyncio.Task[None] | None = None
        self._panels_drawn = 0.0
        self._replaying = False
        self._loops = LoopDetector()
        # Kept by name: they are drawn to many times a second, and once more while the app is taken down.
        self._title = TitleBar(id="title")
        self._page = SessionPage(id="text")
        self._side = SidePanel(settings.controls, id="side")
        self._notice_line = Label("", id="notice", markup=False)
        self._prompt = PromptBar(self._problem_with, id="prompt")
        self._keys = KeyBar(id="keys")

    def compose(self) -> ComposeResult:
        yield self._title
        with Horizontal(id="middle"):
            with Vertical(id="page"):
                yield self._page
            yield self._side
        yield self._notice_line
        yield self._prompt
        yield self._keys

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_keys())
        self._page.clear()
        self._colour(self._settings.colouring)
        self._show_state()
        self._open(self._settings.model)

    def on_unmount(self) -> None:
        self._stop()

    @property
    def speed(self) -> float | None:
        return self._speed

    @property
    def model_name(self) -> str | None:
        """What the open model was found by: the name it was asked for by, so that it is found again."""
        return self._opened

    # -- opening and starting ------------------------------------------------------------------------------------

    @work(exclusive=True)
    async def _open(self, name: str | None, prompt: str | None = None) -> None:
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
        self._notice("")
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
        self._start(start, self._seed_to_start(first))

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

    def _play(self, session: Session) -> None:
        self._stop()
        self.session = session
        self.playback = Playback(
            session.generation, self.controls, self._on_frame, speed=self._speed, endless=self.endless
        )
        self._loops.clear()
        self._page.open(session)
        self._prompt.prompt = session.generation.prompt
        self._side.opened(session)
        self._show_state()
        self._player = asyncio.create_task(self.playback.run(), name="playback")
        self._player.add_done_callback(self._player_done)

    def _stop(self) -> None:
        if self._player is not None:
            self._player.cancel()
            self._player = None

    def _player_done(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._notice(str(error), problem=True)

    def _problem_with(self, prompt: str) -> str | None:
        if self.model is None:
            return "no model is open yet"
        try:
            encode_prompt(self.model, prompt)
        except CharRNNError as error:
            return str(error)
        return None

    # -- what arrives --------------------------------------------------------------------------------------------

    def _on_frame(self, tokens: list[Token]) -> None:
        session, playback = self.session, self.playback
        if session is None or playback is None:
            return
        self._page.drawn(tokens)
        if isinstance(session.generation, ReplayedGeneration) and tokens[-1].controls != self.controls:
            # The knobs turn as they were turned when it was recorded.
            self.controls = playback.controls = tokens[-1].controls
            self._show_state()
        if self._replaying and not session.replaying:
            self._replaying = False
            self._notice("the recording ends here; space goes on")
        self._look_for_loops([token.id for token in tokens])
        now = perf_counter()
        if not playback.playing:
            self._show_state()
        elif now - self._panels_drawn >= _PANEL_SECONDS:
            self._show_panels(now)

    def _look_for_loops(self, ids: list[int]) -> None:
        loop = self._loops.extend(ids)
        if loop is not None and self.model is not None:
            way_out = "g leaves greedy, r begins again" if self.controls.greedy else "↑ warms it, r begins again"
            self._notice(loop_notice(loop, self.model.vocabulary, way_out))

    def on_resize(self) -> None:
        self._side.set_compact(self.size.height < _TALL)

    # -- what is shown -------------------------------------------------------------------------------------------

    def _show_state(self) -> None:
        """Everything, after a change."""
        self._show_keys()
        self._show_panels()
        title, playback = self._title, self.playback
        if playback is None or self.model is None:
            return
        title.title = self.model.name
        mode = "greedy" if self.controls.greedy else f"T {self.controls.temperature:.2f}"
        playing = "■ ended" if playback.ended else "▶ playing" if playback.playing else "‖ paused"
        title.state = f"{mode}  ·  {speed_text(self._speed)}  ·  {playing}"

    def _show_panels(self, now: float = 0.0) -> None:
        """Figures and bars, which change with every character."""
        self._panels_drawn = now
        if self.session is not None and self.playback is not None:
            self._side.show(Playing(self.session, self.playback), self.controls)
        else:
            self._side.sampler.show(self.controls, self._settings.seed)

    def _show_keys(self) -> None:
        """What matters now: other keys while paused, in the prompt, or among the controls."""
        playback, session = self.playback, self.session
        if self._prompt.editing:
            self._keys.hints = PROMPT_HINTS
        elif isinstance(self.focused, ControlRow):
            self._keys.hints = CONTROL_HINTS
        else:
            keys = {
                active.binding.id or "": (self.app.get_key_display(active.binding), _addressed(active))
                for active in self.active_bindings.values()
            }
            playing = playback is None or playback.playing
            self._keys.hints = hints(
                keys, playing=playing, endless=self.endless, branches=len(session.branches) if session else 0
            )

    def _notice(self, text: str, problem: bool = False) -> None:
        label = self._notice_line
        label.update(text)
        label.set_class(bool(text), "-shown")
        label.set_class(problem, "-problem")

    # -- the sampler ---------------------------------------------------------------------------------------------

    def _set_controls(self, controls: Controls) -> None:
        self.controls = controls
        self._leave_recording()
        if self._loops.current is not None:
            self._loops.clear()
            self._notice("")
        if self.playback is not None:
            self.playback.controls = controls
        self._show_state()

    def _leave_recording(self) -> None:
        """From here on the text goes the reader's way."""
        if self._replaying and self.session is not None and self.playback is not None:
            self._replaying = False
            self.session.leave_recording()
            self.playback.stop_at = None
            self._notice("")

    def action_temperature(self, step: float) -> None:
        moved = round(self.controls.temperature + step, 4)
        self._set_controls(replace(self.controls, temperature=min(MAX_TEMPERATURE, max(MIN_TEMPERATURE, moved))))

    def action_greedy(self) -> None:
        self._set_controls(replace(self.controls, greedy=not self.controls.greedy))

    @on(SamplerPanel.ControlsWanted)
    def _controls_wanted(self, event: SamplerPanel.ControlsWanted) -> None:
        self._set_controls(event.controls)

    @on(SamplerPanel.SeedWanted)
    def _seed_wanted(self, event: SamplerPanel.SeedWanted) -> None:
        if self.session is not None:
            self._start(self.session.generation.prompt, random_seed() if event.seed is None else event.seed)

    def action_leave_controls(self) -> None:
        self.set_focus(None)

    # -- playing -------------------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        if self.playback is not None and self.playback.playing:
            self._pause()
        else:
            self._go_on()

    def _pause(self) -> None:
        """Stops; what is known of the future stands dimmed after the cursor."""
        if self.playback is None or not self.playback.playing:
            return
        self.playback.pause()
        self._page.show_future()
        self._show_state()

    def _go_on(self) -> None:
        """The text goes on from the cursor; what stood after it is known until another character comes."""
        if self.playback is None:
            return
        self._page.cut()
        self.playback.play()
        self._show_state()

    def _resting(self) -> SessionPage | None:
        """The page, while the text on it rests and can be walked through."""
        playback = self.playback
        if playback is None or playback.playing:
            return None
        playback.ended = False
        return self._page

    def _walk(self, move: Callable[[SessionPage], None]) -> None:
        if (page := self._resting()) is not None:
            move(page)
            self._loops.clear()
            self._show_state()

    def action_forward(self) -> None:
        if self.session is not None and self.session.future:
            self._walk(lambda page: page.walk(lambda session: session.position + 1))
        elif self.playback is not None and not self.playback.playing:
            self.playback.step()

    def action_back(self) -> None:
        self._walk(lambda page: page.walk(lambda session: session.position - 1))

    def action_word(self, direction: int) -> None:
        self._walk(lambda page: page.walk(lambda s: s.word_on() if direction > 0 else s.word_back()))

    def action_line(self, direction: int) -> None:
        self._walk(lambda page: page.walk_lines(direction))

    @on(TextView.Pointed)
    def _pointed(self, event: TextView.Pointed) -> None:
        self._pause()
        self._walk(lambda page: page.walk_to(event.offset))

    def action_take(self, place: int) -> None:
        """Goes on with the alternative that has this number, and stays paused."""
        shown = self._side.distribution.alternatives
        if place <= len(shown):
            self._leave_recording()
            self._walk(lambda page: page.take(shown[place - 1].id, self.controls))

    @on(Distribution.Picked)
    def _picked(self, event: Distribution.Picked) -> None:
        self._pause()
        self._leave_recording()
        self._walk(lambda page: page.take(event.id, self.controls))

    def action_branches(self) -> None:
        session = self.session
        if session is None or not session.branches:
            self.notify("There are no branches yet: pause, walk back, and take another way.", timeout=3)
            return
        self._pause()

        def chosen(number: int | None) -> None:
            if number is not None:
                try:
                    self._walk(lambda page: page.return_to(number))
                except ValueError as error:
                    self._notice(str(error), problem=True)

        self.app.push_screen(BranchesScreen(session.branches), chosen)

    # -- other models, and keeping -------------------------------------------------------------------------------

    def action_compare(self) -> None:
        from charrnn_tui.screens.race import RaceScreen

        session, playback = self.session, self.playback
        if session is None or playback is None:
            return
        was_playing = playback.playing
        self._pause()

        def back(_: object) -> None:
            if was_playing:
                self._go_on()

        generation = session.generation
        screen = RaceScreen(generation.model, generation.prompt, generation.seed, self._speed, self.controls)
        self.app.push_screen(screen, back)

    def action_models(self) -> None:
        from charrnn_tui.screens.models import ModelsScreen

        generation = self.session.generation if self.session is not None else None
        prompt, seed = (generation.prompt, generation.seed) if generation is not None else ("", None)

        def chosen(name: str | None) -> None:
            if name is not None:
                self._open(name, prompt)

        current = self.model.name if self.model is not None else None
        self.app.push_screen(ModelsScreen(current, prompt, self.controls, seed), chosen)

    def action_save(self) -> None:
        from charrnn_tui.keeping import Keepsake
        from charrnn_tui.screens.save import SaveScreen

        session = self.session
        if session is None:
            self.notify("There is no text to save yet.", timeout=3)
            return
        self._pause()
        keepsake = Keepsake(
            session.generation.model,
            session.recording(self.controls),
            list(session.generation.ids),
            self.app.export_screenshot(title=f"charrnn-tui · {session.generation.model.name}"),
        )

        def chosen(choice: "SaveChoice | None") -> None:
            if choice is not None:
                self._keep(keepsake, choice)

        self.app.push_screen(SaveScreen(keepsake.stem, None if self.folder is None else Path(self.folder)), chosen)

    @work
    async def _keep(self, keepsake: "Keepsake", choice: "SaveChoice") -> None:
        from charrnn_tui.keeping import KeepError, keep, shown_path

        try:
            path = await asyncio.to_thread(keep, keepsake, choice.kind, choice.folder)
        except KeepError as error:
            self._notice(str(error), problem=True)
            return
        self.folder = str(choice.folder)
        self._notice(f"saved as {shown_path(path)}")

    def action_copy(self) -> None:
        from charrnn_tui.keeping import for_clipboard

        text, cut = for_clipboard(self._page.page.text())
        self.app.copy_to_clipboard(text)
        self.notify(f"copied {'the end of ' if cut else ''}the text: {len(text):,} characters", timeout=3)

    def action_again(self) -> None:
        if self.session is not None:
            self._start(self.session.generation.prompt, random_seed())

    def action_speed(self, step: int) -> None:
        self._speed = stepped_speed(self._speed, step)
        if self.playback is not None:
            self.playback.speed = self._speed
        self._show_state()

    def action_endless(self) -> None:
        self.endless = not self.endless
        playback = self.playback
        if playback is not None:
            playback.endless = self.endless
            if playback.ended and self.endless:
                self._go_on()
        self._show_state()

    # -- the prompt ----------------------------------------------------------------------------------------------

    def action_prompt(self) -> None:
        self._prompt.edit()

    def action_take_prompt(self) -> None:
        self._prompt.take()

    def action_leave_prompt(self) -> None:
        self._prompt.leave()

    @on(PromptBar.Submitted)
    def _new_prompt(self, event: PromptBar.Submitted) -> None:
        if self.session is not None:
            self._notice("")
            self._start(event.prompt, self.session.generation.seed)

    # -- reading -------------------------------------------------------------------------------------------------

    @property
    def colouring(self) -> Colouring:
        return self._page.colouring

    def _colour(self, colouring: Colouring) -> None:
        self._page.colouring = colouring
        self._side.set_colouring(colouring)

    def action_colouring(self) -> None:
        self._colour(COLOURINGS[(COLOURINGS.index(self.colouring) + 1) % len(COLOURINGS)])
        names = {"surprise": "how surprised the model was", "temperature": "the temperature it was drawn at"}
        self.notify(f"coloured by {names[self.colouring]}" if self.colouring in names else "not coloured", timeout=2)

    def action_page(self, direction: int) -> None:
        page = self._page
        page.scroll_relative(y=direction * max(1, page.size.height - 2), animate=False)

    def action_top(self) -> None:
        self._page.scroll_home(animate=False)

    def action_bottom(self) -> None:
        self._page.scroll_end(animate=False)


def _load(name: str | None) -> CharRNN:
    # Here, and not above: reading a model needs h5py, which the first paint needn't wait for.
    from charrnn_engine.checkpoint import default_checkpoint, load

    return load(name or default_checkpoint())


def _addressed(active: ActiveBinding) -> str:
    """The action of a binding, with the app named where it is the app's."""
    action = active.binding.action
    return f"app.{action}" if isinstance(active.node, App) else action
