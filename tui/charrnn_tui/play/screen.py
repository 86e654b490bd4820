"""The play screen: the text, the next character's distribution, what is set and measured, the prompt and the keys."""

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from charrnn_engine.generation.generation import Token, random_seed
from charrnn_engine.generation.replay import ReplayedGeneration
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.models.cards import display_name
from charrnn_tui.play.control_row import ControlRow
from charrnn_tui.play.distribution import Distribution
from charrnn_tui.play.keys import PLAY_KEYS, PROMPT_HINTS, control_hints, hints
from charrnn_tui.play.next_line import NextLine
from charrnn_tui.play.opening import OpenedScreen, Settings
from charrnn_tui.play.sampler_panel import MAX_TEMPERATURE, MIN_TEMPERATURE, SamplerPanel
from charrnn_tui.play.side_panel import Playing
from charrnn_tui.play.status_panel import speed_text
from charrnn_tui.text.text_view import Colouring
from charrnn_tui.ui.key_bar import KeyHint
from charrnn_tui.ui.keys import Shown, shown_keys
from charrnn_tui.ui.pace import stepped_speed

_PANEL_SECONDS = 1 / 12  # how often figures and bars change while the text runs
_TALL = 34  # lines from which there is room for all figures


class PlayScreen(OpenedScreen):
    """Plays one model."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (72, "-normal"), (120, "-wide"), (170, "-broad")]
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (10, "-short"), (24, "-middle"), (_TALL, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = [*PLAY_KEYS]
    PROMPT_HINTS = PROMPT_HINTS
    HELP = (
        f"{OpenedScreen.HELP} The bars show the next character: above what the model thinks, below what temperature "
        "and filters leave of it; over them stands how the entropy went. With the mouse: a click on a character goes "
        "there, one on a bar takes it, and one on a key at the bottom presses it; the wheel turns a control."
    )

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._panels_drawn = 0.0

    def compose(self) -> ComposeResult:
        yield self._title
        with Horizontal(id="middle"):
            with Vertical(id="page"):
                yield self._page
            yield self._side
        yield self._next_line
        yield self._notice_line
        yield self._prompt
        yield self._keys

    def on_mount(self) -> None:
        self._page.clear()
        self._colour(self._settings.colouring)
        self._show_state()
        self._open(self._settings.model)

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
        self._look_for_loops([token.id for token in tokens])
        if self._replaying and not session.replaying:
            self._replaying = False
            self._notice("the recording ends here; space goes on")
        now = perf_counter()
        self._keep_up(now)
        if not playback.playing:
            self._show_state()
        elif now - self._panels_drawn >= _PANEL_SECONDS:
            self._show_panels(now)

    def on_resize(self) -> None:
        self._side.set_compact(self.size.height < _TALL)
        self.call_after_refresh(self._show_panels)

    @on(Distribution.RoomChanged)
    @on(NextLine.RoomChanged)
    def _room_changed(self) -> None:
        """There may be more to choose from, or less, which nothing else tells a text that rests."""
        self._show_panels()

    # -- what is shown -------------------------------------------------------------------------------------------

    def _show_state(self) -> None:
        """Everything, after a change."""
        self._show_keys()
        self._show_panels()
        self._show_title()

    def _show_title(self) -> None:
        title, playback = self._title, self.playback
        if playback is None or self.model is None:
            return
        title.title = display_name(self.model)
        mode = "greedy" if self.controls.greedy else f"T {self.controls.temperature:.2f}"
        playing = "■ ended" if playback.ended else "▶ playing" if playback.playing else "‖ paused"
        path = self._ongoing_path
        kept = "" if path is None else f"✎ {path.name}  ·  "
        title.state = f"{kept}{mode}  ·  {speed_text(self._speed)}  ·  {playing}"

    def _show_panels(self, now: float = 0.0) -> None:
        """Figures and bars, which change with every character."""
        self._panels_drawn = now
        if self.session is not None and self.playback is not None:
            playing = Playing(self.session, self.playback)
            self._side.show(playing, self.controls)
            self._next_line.show(playing, self.controls)
        else:
            self._side.sampler.show(self.controls, self._settings.seed)

    def _show_keys(self) -> None:
        if isinstance(self.focused, ControlRow):
            self._keys.hints = control_hints(shown_keys(self))
        else:
            super()._show_keys()

    def _hints(self, keys: Shown) -> Sequence[KeyHint]:
        playback, session = self.playback, self.session
        playing = playback is None or playback.playing
        return hints(keys, playing=playing, endless=self.endless, branches=len(session.branches) if session else 0)

    # -- the sampler ---------------------------------------------------------------------------------------------

    def _set_controls(self, controls: Controls) -> None:
        self.controls = controls
        self._leave_recording()
        if self._loops.current is not None:
            self._loops.clear()
            self._unsay_loop()
        playback = self.playback
        if playback is not None:
            playback.controls = controls
        if playback is not None and playback.playing and (self._speed is None or self._speed > 1 / _PANEL_SECONDS):
            # Figures and bars come by themselves in a moment: what obeys is to be seen first.
            self._show_title()
            self._side.sampler.show(controls, playback.generation.seed)
        else:
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

    def action_controls(self) -> None:
        """To the next control; where there is no room for them beside the text, they take some."""
        if self._side.size:
            self.focus_next()
        else:
            self.add_class("-controlling")
            self.call_after_refresh(self.focus_next)  # only what is seen can have the focus

    def watch_focused(self) -> None:
        self.set_class(isinstance(self.focused, ControlRow), "-controlling")

    # -- other screens, pace and page ----------------------------------------------------------------------------

    def action_compare(self) -> None:
        from charrnn_tui.race.screen import RaceScreen

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
        from charrnn_tui.models.screen import ModelsScreen

        generation = self.session.generation if self.session is not None else None
        prompt, seed = (generation.prompt, generation.seed) if generation is not None else ("", None)

        def chosen(name: str | None) -> None:
            if name is not None:
                self._open(name, prompt)

        current = self.model.name if self.model is not None else None
        self.app.push_screen(ModelsScreen(current, prompt, self.controls, seed), chosen)

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

    @property
    def colouring(self) -> Colouring:
        return self._page.colouring

    def _colour(self, colouring: Colouring) -> None:
        self._page.colouring = colouring
        self._side.set_colouring(colouring)

    def action_colouring(self) -> None:
        self._colour(self._next_colouring(self.colouring))

    def action_page(self, direction: int) -> None:
        page = self._page
        page.scroll_relative(y=direction * max(1, page.size.height - 2), animate=False)

    def action_top(self) -> None:
        self._page.scroll_home(animate=False)

    def action_bottom(self) -> None:
        self._page.scroll_end(animate=False)
