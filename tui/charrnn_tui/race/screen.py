"""The race: two to five lanes that write side by side from the same draws, and what each makes of them."""

from collections.abc import Sequence
from time import perf_counter

from textual.app import ComposeResult

from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.race import Lane, Race, Stretch
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.play.status_panel import speed_text
from charrnn_tui.race.keys import PROMPT_HINTS, RACE_KEYS, hints
from charrnn_tui.race.lane_control import LanedScreen
from charrnn_tui.race.lineup import TEMPERATURES, lineup
from charrnn_tui.race.playback import RacePlayback
from charrnn_tui.ui.key_bar import KeyHint
from charrnn_tui.ui.keys import Shown
from charrnn_tui.ui.pace import DEFAULT_SPEED, stepped_speed

_FIGURES_SECONDS = 1 / 4  # how often figures change while the text runs


class RaceScreen(LanedScreen):
    """Races one model against itself at several temperatures, or whatever else the reader lets the lanes vary in.

    `controls` holds what all lanes have in common, such as top-k. The prompt must be one that the model knows.
    """

    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (12, "-short"), (18, "-tall"), (32, "-high")]
    BINDINGS = [*RACE_KEYS]
    PROMPT_HINTS = PROMPT_HINTS
    HELP = (
        f"{LanedScreen.HELP} Shaded is what a lane has in common with the one on its left, up to the first character "
        "that differs. A click selects a lane; the keys change the one that is selected."
    )

    DEFAULT_CSS = """
    RaceScreen {
        layout: vertical; background: $background;
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
    ) -> None:
        lanes = lineup("temperature", Lane(model, prompt, seed, controls), len(TEMPERATURES), seed)
        super().__init__(model, lanes, RacePlayback(Race(lanes), self._on_frame, speed=speed))
        self._figures_shown = 0.0

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._lanes
        yield self._notice_line
        yield self._prompt
        yield self._keys

    def on_mount(self) -> None:
        self._show_state()
        self._play()

    # -- what arrives --------------------------------------------------------------------------------------------

    def _on_frame(self, stretches: list[Stretch]) -> None:
        self._lanes.write(stretches)
        self._show_partings()
        now = perf_counter()
        if not self.playback.playing or self.playback.race.ended or now - self._figures_shown >= _FIGURES_SECONDS:
            self._show_figures(now)

    def _show_partings(self) -> None:
        if len(self._lanes) == len(self.lanes):  # else one is coming or going
            self._lanes.show_partings([self.playback.race.parting(place) for place in range(len(self.lanes))])

    def _show_figures(self, now: float = 0.0) -> None:
        self._figures_shown = now
        self._lanes.show_figures()
        self._show_state()

    def _show_state(self) -> None:
        if len(self._lanes) == len(self.lanes):
            self._lanes.show_headings([self._name_of(lane) for lane in self.lanes])
        playback, lanes = self.playback, self.lanes
        same = [
            "race",
            "" if len({id(lane.model) for lane in lanes}) > 1 else lanes[0].model.name,
            "" if len({lane.seed for lane in lanes}) > 1 else f"seed {lanes[0].seed}",
            "" if self.vary == "temperature" or not self._alike() else _warmth(lanes[0].controls),
        ]
        self._title.title = "  ·  ".join(part for part in same if part)
        if playback.race.ended:
            state = "■ all have ended"
        elif playback.race.behind:
            state = "» catching up"
        else:
            state = "▶ playing" if playback.playing else "‖ paused"
        rate = playback.meter.rate() if playback.playing and not playback.race.ended else 0
        measured = f"{rate:,.0f} chars/s a lane" if rate and playback.speed is None and self.size.width >= 90 else ""
        self._title.state = "  ·  ".join(part for part in (measured, speed_text(playback.speed), state) if part)
        self._prompt.prompt = self.selected.prompt
        self._show_keys()

    def _alike(self) -> bool:
        """Whether all lanes have the same controls."""
        return len({lane.controls for lane in self.lanes}) == 1

    def _name_of(self, lane: Lane) -> str:
        """What a lane is told from the others by."""
        warmth = _warmth(lane.controls)
        own = {
            "temperature": warmth,
            "seed": f"seed {lane.seed}",
            "prompt": f"“{lane.prompt}”",
            "model": lane.model.name,
        }
        return own[self.vary] if self.vary == "temperature" or self._alike() else f"{warmth} {own[self.vary]}"

    def _hints(self, keys: Shown) -> Sequence[KeyHint]:
        playback = self.playback
        return hints(
            keys,
            playing=playback.playing,
            ended=playback.race.ended,
            endless=playback.endless,
            vary=self.vary,
            lanes=len(self._lanes),
        )

    # -- pace and page -------------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        playback = self.playback
        playback.pause() if playback.playing else playback.play()
        self._show_figures()

    def action_forward(self) -> None:
        if not self.playback.playing:
            try:
                self.playback.step()
            except CharRNNError as error:
                self._notice(str(error), problem=True)
            self._show_figures()

    def action_speed(self, step: int) -> None:
        self.playback.speed = stepped_speed(self.playback.speed, step)
        self._show_state()

    def action_endless(self) -> None:
        self.playback.endless = not self.playback.endless
        self._notice("" if self.playback.endless else "each lane stops at the end of its text (∎)")
        self._show_state()

    def action_colouring(self) -> None:
        self._lanes.colouring = self._next_colouring(self._lanes.colouring)

    def action_page(self, direction: int) -> None:
        page = self._lanes.selected.page
        page.scroll_relative(y=direction * max(1, page.size.height - 2), animate=False)

    def action_top(self) -> None:
        self._lanes.scroll_texts(to_end=False)

    def action_bottom(self) -> None:
        self._lanes.scroll_texts(to_end=True)

    def action_leave(self) -> None:
        self.dismiss()


def _warmth(controls: Controls) -> str:
    return "greedy" if controls.greedy else f"T {controls.temperature:.2f}"
