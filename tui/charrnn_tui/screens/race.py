"""The race: two to five lanes that write side by side from the same draws, and what each makes of them."""

import asyncio
from collections.abc import Callable, Sequence
from time import perf_counter

from textual import on, work
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Label

from charrnn_engine.errors import CharRNNError
from charrnn_engine.model import CharRNN
from charrnn_engine.race import Lane, Race, Stretch
from charrnn_engine.sampler import Controls
from charrnn_engine.stream import encode_prompt, random_seed
from charrnn_tui.lineup import FEWEST, MOST, TEMPERATURES, VARIED, Vary, lineup, newcomer, warmer
from charrnn_tui.playback import DEFAULT_SPEED, stepped_speed
from charrnn_tui.race_playback import RacePlayback
from charrnn_tui.screens.race_keys import PROMPT_HINTS, RACE_KEYS, hints
from charrnn_tui.widgets.key_bar import KeyBar
from charrnn_tui.widgets.lane import LaneView
from charrnn_tui.widgets.lanes import Lanes
from charrnn_tui.widgets.prompt_bar import PromptBar
from charrnn_tui.widgets.status_panel import speed_text
from charrnn_tui.widgets.text_view import COLOURINGS
from charrnn_tui.widgets.title_bar import TitleBar

_FIGURES_SECONDS = 1 / 4  # how often figures change while the text runs


class RaceScreen(Screen[None]):
    """Races one model against itself at several temperatures, or whatever else the reader lets the lanes vary in.

    `controls` holds what all lanes have in common, such as top-k. The prompt must be one that the model knows.
    """

    AUTO_FOCUS = ""
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (12, "-short"), (18, "-tall"), (32, "-high")]
    BINDINGS = [*RACE_KEYS]

    DEFAULT_CSS = """
    RaceScreen {
        layout: vertical; background: $background;
        &.-tiny LaneFoot { display: none; }
        &.-short LaneFoot { height: 3; }
        &.-high LaneFoot { height: 6; }
        #race-notice { display: none; height: auto; width: 1fr; padding: 0 2; background: $panel; }
        #race-notice.-shown { display: block; }
        #race-notice.-problem { color: $text-error; background: $error 20%; }
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
        super().__init__()
        self.vary: Vary = "temperature"
        lanes = lineup("temperature", Lane(model, prompt, seed, controls), len(TEMPERATURES), seed)
        self.playback = RacePlayback(Race(lanes), self._on_frame, speed=speed)
        self._seed = seed
        self._models = [model]
        self._figures_shown = 0.0
        self._player: asyncio.Task[None] | None = None

        self._title = TitleBar(id="title")
        self._lanes = Lanes(lanes)
        self._notice_line = Label("", id="race-notice", markup=False)
        self._prompt = PromptBar(self._problem_with, id="prompt")
        self._keys = KeyBar(id="keys")

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._lanes
        yield self._notice_line
        yield self._prompt
        yield self._keys

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_keys())
        self._show_state()
        self._run()

    def _run(self) -> None:
        """Lets the lanes run, also after one of them has failed."""
        if self._player is None or self._player.done():
            self._player = asyncio.create_task(self.playback.run(), name="race")
            self._player.add_done_callback(self._player_done)

    def on_unmount(self) -> None:
        if self._player is not None:
            self._player.cancel()

    def _player_done(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._notice(str(error), problem=True)

    @property
    def lanes(self) -> Sequence[Lane]:
        return self.playback.lanes

    @property
    def selected(self) -> Lane:
        """The lane that the keys change."""
        return self._lanes.selected.lane

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

    def _show_keys(self) -> None:
        if self._prompt.editing:
            self._keys.hints = PROMPT_HINTS
            return
        keys = {
            active.binding.id: (
                self.app.get_key_display(active.binding),
                f"app.{active.binding.action}" if isinstance(active.node, App) else active.binding.action,
            )
            for active in self.active_bindings.values()
            if active.binding.id is not None
        }
        playback = self.playback
        self._keys.hints = hints(
            keys,
            playing=playback.playing,
            ended=playback.race.ended,
            endless=playback.endless,
            vary=self.vary,
            lanes=len(self._lanes),
        )

    def _notice(self, text: str, problem: bool = False) -> None:
        self._notice_line.update(text)
        self._notice_line.set_class(bool(text), "-shown")
        self._notice_line.set_class(problem, "-problem")

    # -- the lanes -----------------------------------------------------------------------------------------------

    def _race(self, lanes: Sequence[Lane]) -> None:
        """Puts other lanes in the place of those there are, as many."""
        self.playback.lanes = lanes
        self._run()
        self._lanes.show(lanes)
        self._show_partings()
        self._show_figures()

    def _replace(self, place: int, lane: Lane) -> None:
        lanes = list(self.lanes)
        lanes[place] = lane
        self._race(lanes)

    def _select(self, place: int) -> None:
        self._lanes.select(place)
        self._show_state()

    def action_select(self, step: int) -> None:
        if not self._prompt.editing:
            self._select((self._lanes.place + step) % len(self._lanes))

    def action_select_place(self, place: int) -> None:
        if place < len(self._lanes):
            self._select(place)

    @on(LaneView.Selected)
    def _clicked(self, event: LaneView.Selected) -> None:
        self._select(self._lanes.place_of(event.lane))

    async def action_add(self) -> None:
        lanes, place = list(self.lanes), self._lanes.place + 1
        if len(lanes) >= MOST:
            self._notice(f"{MOST} lanes are the most there is room for")
            return
        self._notice("")
        lanes.insert(place, newcomer(self.vary, lanes, place - 1))
        await self._lanes.insert(place, lanes[place])
        self.playback.lanes = lanes
        self._show_partings()
        self._select(place)

    async def action_remove(self) -> None:
        lanes, place = list(self.lanes), self._lanes.place
        if len(lanes) <= FEWEST:
            self._notice(f"a race needs {FEWEST} lanes")
            return
        self._notice("")
        del lanes[place]
        self.playback.lanes = lanes
        await self._lanes.take_out(place)
        self._show_partings()
        self._show_state()

    def action_temperature(self, step: float) -> None:
        self.selected.controls = warmer(self.selected.controls, step)
        self._show_state()

    def action_greedy(self) -> None:
        controls = self.selected.controls
        self.selected.controls = Controls(
            controls.temperature, not controls.greedy, controls.top_k, controls.top_p, controls.min_p
        )
        self._show_state()

    def action_again(self) -> None:
        """Lanes that share their seed share the new one too."""
        seeds: dict[int, int] = {}
        for lane in self.lanes:
            seeds.setdefault(lane.seed, random_seed())
        self._restart(lambda lane: lane.again(seeds[lane.seed]))
        self._seed = self.lanes[0].seed

    def action_same_again(self) -> None:
        self._restart(Lane.again)

    def _restart(self, anew: Callable[[Lane], Lane]) -> None:
        self._notice("")
        self._race([anew(lane) for lane in self.lanes])
        if not self.playback.playing:
            self.playback.play()
        self._show_state()

    def action_vary(self) -> None:
        self.vary = VARIED[(VARIED.index(self.vary) + 1) % len(VARIED)]
        if self.vary == "model":
            self._notice("opening the other models …")
            self._vary_models()
        else:
            said = {
                "seed": "each lane has draws of its own",
                "prompt": "p gives the selected lane a prompt of its own",
            }
            self._notice(said.get(self.vary, ""))
            self._line_up()

    @work(exclusive=True)
    async def _vary_models(self) -> None:
        self._models = await self._open_models()
        if self.vary == "model":  # still
            self._notice(
                "m gives the selected lane the next model" if len(self._models) > 1 else "there is one model"
            )
            self._line_up()

    def _line_up(self) -> None:
        """All lanes anew, for what they vary in."""
        known = self._known(self.selected.prompt)
        self._race(lineup(self.vary, self.selected, len(self.lanes), self._seed, known))

    @work(exclusive=True)
    async def action_model(self) -> None:
        self._models = await self._open_models()
        known = self._known(self.selected.prompt)
        names = [model.name for model in known]
        lane = self.selected
        if len(known) < 2 and lane.model.name in names:
            self._notice("there is no other model that knows this prompt", problem=True)
            return
        after = (names.index(lane.model.name) + 1) % len(known) if lane.model.name in names else 0
        self._notice("")
        self._replace(self._lanes.place, Lane(known[after], lane.prompt, lane.seed, lane.controls))

    async def _open_models(self) -> list[CharRNN]:
        """Those open, and those that can be found by name besides."""
        found, problems = await asyncio.to_thread(_load_others, [model.name for model in self._models])
        if problems:
            self.notify("; ".join(problems), severity="warning", timeout=6)
        return [*self._models, *found]

    def _known(self, prompt: str) -> list[CharRNN]:
        """The open models that know a prompt."""
        return [model for model in self._models if _problem(model, prompt) is None]

    # -- the prompt ----------------------------------------------------------------------------------------------

    def _concerned(self) -> list[int]:
        """The places of the lanes that a new prompt is for."""
        return [self._lanes.place] if self.vary == "prompt" else [*range(len(self.lanes))]

    def _problem_with(self, prompt: str) -> str | None:
        problems = (_problem(self.lanes[place].model, prompt) for place in self._concerned())
        return next((problem for problem in problems if problem is not None), None)

    def action_prompt(self) -> None:
        self._prompt.edit()

    def action_take_prompt(self) -> None:
        self._prompt.take()

    def action_leave_prompt(self) -> None:
        self._prompt.leave()

    @on(PromptBar.Submitted)
    def _new_prompt(self, event: PromptBar.Submitted) -> None:
        self._notice("")
        concerned = self._concerned()
        self._race(
            [
                Lane(lane.model, event.prompt if place in concerned else lane.prompt, lane.seed, lane.controls)
                for place, lane in enumerate(self.lanes)
            ]
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
        lanes = self._lanes
        chosen = COLOURINGS[(COLOURINGS.index(lanes.colouring) + 1) % len(COLOURINGS)]
        lanes.colouring = chosen
        names = {"surprise": "how surprised the model was", "temperature": "the temperature it was drawn at"}
        self.notify(f"coloured by {names[chosen]}" if chosen in names else "not coloured", timeout=2)

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


def _problem(model: CharRNN, prompt: str) -> str | None:
    try:
        encode_prompt(model, prompt)
    except CharRNNError as error:
        return str(error)
    return None


def _load_others(names: Sequence[str]) -> tuple[list[CharRNN], list[str]]:
    """The models that can be found by name beside these, and what is wrong with those that can't be opened."""
    from charrnn_engine.checkpoint import list_checkpoints, load

    models: list[CharRNN] = []
    problems: list[str] = []
    for info in list_checkpoints():
        if info.name not in names:
            try:
                models.append(load(info.folder))
            except CharRNNError as error:
                problems.append(str(error))
    return models, problems
