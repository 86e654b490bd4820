"""The play screen: the text, the next character's distribution, what is set and measured, the prompt and the keys."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from statistics import fmean
from time import perf_counter
from typing import ClassVar

from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Label, Sparkline

from charrnn_engine.errors import CharRNNError
from charrnn_engine.model import CharRNN
from charrnn_engine.sampler import Controls, entropy_bits
from charrnn_engine.stream import Token, default_prompt, encode_prompt, random_seed
from charrnn_tui.alternatives import next_alternatives
from charrnn_tui.cards import held_out
from charrnn_tui.playback import DEFAULT_SPEED, SPEEDS, Playback
from charrnn_tui.screens.branches import BranchesScreen
from charrnn_tui.screens.play_keys import CONTROL_HINTS, PLAY_KEYS, PROMPT_HINTS, hints
from charrnn_tui.session import Session
from charrnn_tui.widgets.control_row import ControlRow
from charrnn_tui.widgets.distribution import Distribution
from charrnn_tui.widgets.key_bar import KeyBar
from charrnn_tui.widgets.legend import Legend
from charrnn_tui.widgets.prompt_bar import PromptBar
from charrnn_tui.widgets.sampler_panel import MAX_TEMPERATURE, MIN_TEMPERATURE, SamplerPanel
from charrnn_tui.widgets.session_page import SessionPage
from charrnn_tui.widgets.status_panel import Status, StatusPanel, speed_text
from charrnn_tui.widgets.text_view import COLOURINGS, TextView
from charrnn_tui.widgets.title_bar import TitleBar

_PANEL_SECONDS = 1 / 12  # how often figures and bars change while the text runs
_ENTROPIES_SHOWN = 300
_TALL = 32  # lines from which there is room for all figures


@dataclass
class Settings:
    """What the app is opened with. `model` None is the default one, `seed` None a random one."""

    model: str | None = None
    prompt: str | None = None
    controls: Controls = field(default_factory=Controls)
    seed: int | None = None
    speed: float | None = DEFAULT_SPEED


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
        self.endless = True
        self.model: CharRNN | None = None
        self.session: Session | None = None
        self.playback: Playback | None = None
        self._speed = settings.speed
        self._player: asyncio.Task[None] | None = None
        self._panels_drawn = 0.0
        # Kept by name: they are drawn to many times a second, and once more while the app is taken down.
        self._title = TitleBar(id="title")
        self._page = SessionPage(id="text")
        self._sampler = SamplerPanel(settings.controls, id="sampler")
        self._status = StatusPanel(id="status")
        self._entropy_line = Sparkline((), id="entropy-line", summary_function=fmean)
        self._distribution = Distribution(id="distribution")
        self._next_label = Label("next character", id="next-label")
        self._legend = Legend(id="legend")
        self._notice_line = Label("", id="notice", markup=False)
        self._prompt = PromptBar(self._problem_with, id="prompt")
        self._keys = KeyBar(id="keys")

    def compose(self) -> ComposeResult:
        yield self._title
        with Horizontal(id="middle"):
            with Vertical(id="page"):
                yield self._page
            with Vertical(id="side"):
                yield self._sampler
                yield self._status
                yield self._entropy_line
                yield self._next_label
                yield self._distribution
                yield self._legend
        yield self._notice_line
        yield self._prompt
        yield self._keys

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_keys())
        self._page.clear()
        self._show_state()
        self._open()

    def on_unmount(self) -> None:
        self._stop()

    # -- opening and starting ------------------------------------------------------------------------------------

    @work(exclusive=True)
    async def _open(self) -> None:
        """Opens the model in a thread, so that the screen stays alive, and plays."""
        self._title.title, self._title.state = "opening …", ""
        try:
            self.model = await asyncio.to_thread(_load, self._settings.model)
        except CharRNNError as error:
            self._title.title = "no model"
            self._notice(f"{error}", problem=True)
            return
        wanted = self._settings.prompt
        prompt = default_prompt(self.model) if wanted is None else wanted
        problem = self._problem_with(prompt)
        if problem is not None:
            self._notice(f"{problem}; starting without it", problem=True)
            prompt = default_prompt(self.model)
        self._start(prompt, random_seed() if self._settings.seed is None else self._settings.seed)

    def _start(self, prompt: str, seed: int) -> None:
        """Plays from the beginning of a prompt that is known to be good."""
        assert self.model is not None
        self._stop()
        self.session = Session(self.model, prompt, seed)
        self.playback = Playback(
            self.session.generation, self.controls, self._on_frame, speed=self._speed, endless=self.endless
        )
        self._page.open(self.session)
        self._prompt.prompt = prompt
        self._distribution.label_width = 2 if self.model.vocabulary.level == "char" else 12
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
        now = perf_counter()
        if not playback.playing:
            self._show_state()
        elif now - self._panels_drawn >= _PANEL_SECONDS:
            self._show_panels(now)

    def on_resize(self) -> None:
        self._status.compact = self.size.height < _TALL

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
        session, playback, model = self.session, self.playback, self.model
        self._sampler.show(self.controls, session.generation.seed if session else self._settings.seed)
        if session is None or playback is None or model is None:
            return
        count = session.position
        self._status.status = Status(
            model=model.name,
            seed=session.generation.seed,
            speed=self._speed,
            endless=self.endless,
            has_eos=model.vocabulary.eos is not None,
            rate=playback.meter.rate() if playback.playing else 0.0,
            entropy=entropy_bits(session.generation.logits()),
            bits_per_character=session.surprise / count if count else None,
            held_out=held_out(model.card)[0],
            characters=count,
            branches=len(session.branches),
        )
        self._entropy_line.data = session.log.entropies(_ENTROPIES_SHOWN)
        distribution, paused = self._distribution, not playback.playing
        distribution.numbered = paused
        if distribution.size.height:
            came = session.future[0].id if paused and session.future else None
            distribution.alternatives = next_alternatives(
                session.generation, self.controls, distribution.size.height, came
            )

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
        if self.playback is not None:
            self.playback.controls = controls
        self._show_state()

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
        shown = self._distribution.alternatives
        if place <= len(shown):
            self._walk(lambda page: page.take(shown[place - 1].id, self.controls))

    @on(Distribution.Picked)
    def _picked(self, event: Distribution.Picked) -> None:
        self._pause()
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

    def action_again(self) -> None:
        if self.session is not None:
            self._start(self.session.generation.prompt, random_seed())

    def action_speed(self, step: int) -> None:
        speeds = [float("inf") if speed is None else speed for speed in SPEEDS]
        now = float("inf") if self._speed is None else self._speed
        if step > 0:
            chosen = next((speed for speed in speeds if speed > now), speeds[-1])
        else:
            chosen = next((speed for speed in reversed(speeds) if speed < now), speeds[0])
        self._speed = None if chosen == float("inf") else chosen
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

    def action_colouring(self) -> None:
        page = self._page
        page.colouring = COLOURINGS[(COLOURINGS.index(page.colouring) + 1) % len(COLOURINGS)]
        self._legend.colouring = page.colouring
        names = {"surprise": "how surprised the model was", "temperature": "the temperature it was drawn at"}
        self.notify(f"coloured by {names[page.colouring]}" if page.colouring in names else "not coloured", timeout=2)

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
