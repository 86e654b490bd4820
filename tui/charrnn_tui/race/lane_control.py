"""Which lanes there are and what each runs with: selecting, adding, changing, restarting. Part of the race."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from textual import on, work

from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.generation import encode_prompt, random_seed
from charrnn_engine.generation.race import Lane
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.race.lane import LaneView
from charrnn_tui.race.lanes import Lanes
from charrnn_tui.race.lineup import FEWEST, MOST, VARIED, Vary, lineup, newcomer, warmer
from charrnn_tui.race.playback import RacePlayback
from charrnn_tui.ui.played import PlayedScreen
from charrnn_tui.ui.prompt_bar import PromptBar


class LanedScreen(PlayedScreen):
    """Lanes of a race, one of them selected, that the reader changes."""

    def __init__(self, model: CharRNN, lanes: Sequence[Lane], playback: RacePlayback) -> None:
        super().__init__("race-notice")
        self.vary: Vary = "temperature"
        self.playback = playback
        self._seed = lanes[0].seed
        self._models = [model]
        self._lanes = Lanes(lanes)

    def _show_partings(self) -> None:
        raise NotImplementedError

    def _show_figures(self) -> None:
        raise NotImplementedError

    def _show_state(self) -> None:
        raise NotImplementedError

    def _play(self) -> None:
        """Lets the lanes run, also after one of them has failed."""
        if self._player is None or self._player.done():
            self._run(self.playback)

    @property
    def lanes(self) -> Sequence[Lane]:
        return self.playback.lanes

    @property
    def selected(self) -> Lane:
        """The lane that the keys change."""
        return self._lanes.selected.lane

    # -- the lanes -----------------------------------------------------------------------------------------------

    def _race(self, lanes: Sequence[Lane]) -> None:
        """Puts other lanes in the place of those there are, as many."""
        self.playback.lanes = lanes
        self._play()
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
        # Before the wait: whoever puts other lanes in their place meanwhile counts as many here as there.
        self.playback.lanes = lanes
        await self._lanes.insert(place, lanes[place])
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
        self._control(warmer(self.selected.controls, step))

    def action_greedy(self) -> None:
        controls = self.selected.controls
        self._control(replace(controls, greedy=not controls.greedy))

    def _control(self, controls: Controls) -> None:
        self.selected.controls = controls
        self.playback.show_soon()
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


def _problem(model: CharRNN, prompt: str) -> str | None:
    try:
        encode_prompt(model, prompt)
    except CharRNNError as error:
        return str(error)
    return None


def _load_others(names: Sequence[str]) -> tuple[list[CharRNN], list[str]]:
    """The models that can be found by name beside these, and what is wrong with those that can't be opened."""
    from charrnn_engine.checkpoints.store import list_checkpoints, load

    models: list[CharRNN] = []
    problems: list[str] = []
    for info in list_checkpoints():
        if info.name not in names:
            try:
                models.append(load(info.folder))
            except CharRNNError as error:
                problems.append(str(error))
    return models, problems
