"""A race as it is played: its lanes and what they vary in, which one is selected, the pace, and the text so far.

Knows no screen. A screen shows `lanes` and `outputs`, and sets `on_frame` to receive what is drawn.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.prompts import random_seed
from charrnn_engine.generation.race import Lane, Race, Stretch
from charrnn_engine.network.model import CharRNN
from charrnn_engine.network.units import place_of
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.race.lane_output import LaneOutput
from charrnn_tui.race.playback import RacePlayback
from charrnn_tui.race.prompts import examples, problem_with
from charrnn_tui.race.units import RacedUnit, first_unit, unit_named
from charrnn_tui.race.variation import (
    MAX_LANES,
    MIN_LANES,
    VARIATIONS,
    LaneValues,
    Vary,
    hotter,
    starting_values,
    turned,
    value_between,
)
from charrnn_tui.ui.pace import DEFAULT_SPEED


class RaceGame:
    """Two to five lanes, each with its own value for what the race varies in, and everything else in common.

    Raises what `encode_prompt` raises for a prompt that the model doesn't know.
    """

    def __init__(
        self,
        model: CharRNN,
        prompt: str,
        seed: int,
        speed: float | None = DEFAULT_SPEED,
        controls: Controls = Controls(),
        like: "RaceGame | None" = None,
    ) -> None:
        """`controls` holds what all lanes have in common, such as top-k. The lanes vary in the same thing as those of
        `like`, with the same values where these fit.
        """
        self._started_from = model, prompt
        self.model, self.prompt, self.seed = model, prompt, seed
        self.vary: Vary = "temperature" if like is None else like.vary
        self.unit: RacedUnit = like.unit if like is not None and like.model is model else first_unit(model)
        """The one that lanes hold while they vary in its value."""
        self._measured = False  # whether it is known what the model's units are usually at
        self.place: int = 0 if like is None else like.place
        """The place of the selected lane, from 0 at the left."""
        self.on_frame: Callable[[list[Stretch]], None] = lambda stretches: None
        self._values = starting_values(model, prompt, seed, controls)
        if like is not None:
            self._values = [_like(values, like, self._values[0]) for values in like._values]
            self._values[0] = replace(self._values[0], seed=seed)
        race = Race([self._lane(values) for values in self._values])
        self.playback = RacePlayback(race, lambda stretches: self.on_frame(stretches), speed)
        self.outputs = [LaneOutput(lane) for lane in race.lanes]
        """The text and figures of each lane."""

    def continues(self, model: CharRNN, prompt: str) -> bool:
        """Whether this race, or a lane of it, was started from a model and a prompt."""
        own = [self._started_from, *((lane.model, lane.prompt) for lane in self.lanes)]
        return any(its_model is model and its_prompt == prompt for its_model, its_prompt in own)

    # -- the lanes -----------------------------------------------------------------------------------------------

    @property
    def lanes(self) -> Sequence[Lane]:
        return self.playback.lanes

    @property
    def selected(self) -> Lane:
        """The lane that the keys change."""
        return self.lanes[self.place]

    def _lane(self, values: LaneValues) -> Lane:
        """A lane from the beginning: its own value for what varies, and what is common for the rest."""
        return Lane(
            values.model if self.vary == "model" else self.model,
            values.prompt if self.vary == "prompt" else self.prompt,
            values.seed if self.vary == "seed" else self.seed,
            values.spread if self.vary == "temperature" else self._held(values),
        )

    def _held(self, values: LaneValues) -> Controls:
        """A lane's controls, with the unit held where lanes vary in its value."""
        if self.vary != "hold":
            return values.controls
        hold = {unit: value for unit, value in values.controls.hold.items() if unit != self.unit.name}
        if values.held is not None and self._measured:
            hold[self.unit.name] = f"{values.held:g}sd"
        return replace(values.controls, hold=hold)

    def _output(self, lane: Lane) -> LaneOutput:
        return LaneOutput(lane, self.unit.what if self.vary == "hold" else None)

    def _show(self, lanes: Sequence[Lane]) -> None:
        """Makes these the lanes; those that were there before keep their text."""
        known = {output.lane: output for output in self.outputs}
        self.playback.lanes = lanes
        self.outputs = [known.get(lane) or self._output(lane) for lane in lanes]

    def restart(self) -> None:
        """Starts all lanes again from the beginning, with the same seeds."""
        self._show([self._lane(values) for values in self._values])

    def restart_with_new_seeds(self) -> None:
        self.seed = random_seed()
        seeds = [self.seed, *(random_seed() for _ in self._values[1:])]
        self._values = [replace(values, seed=seed) for values, seed in zip(self._values, seeds, strict=True)]
        self.restart()

    def select(self, place: int) -> None:
        """Selects the lane at a place, if there is one."""
        if 0 <= place < len(self.lanes):
            self.place = place

    def add(self) -> bool:
        """Adds a lane to the right of the selected one and selects it; False if there is no room."""
        lanes = list(self.lanes)
        if len(lanes) >= MAX_LANES:
            return False
        values = value_between(self._values, self.place)
        if self.vary == "prompt":
            own = [lane.prompt for lane in self._values]
            values = replace(values, prompt=next(iter(examples(self.model, 1, own)), values.prompt))
        self.place += 1
        self._values.insert(self.place, values)
        lanes.insert(self.place, self._lane(values))
        self._show(lanes)
        return True

    def remove(self) -> bool:
        """Removes the selected lane; False if there are only two."""
        lanes = list(self.lanes)
        if len(lanes) <= MIN_LANES:
            return False
        del lanes[self.place]
        self._show(lanes)  # shows what was drawn last, still with the values of all lanes
        del self._values[self.place]
        self.place = min(self.place, len(lanes) - 1)
        return True

    # -- the selected lane's controls ----------------------------------------------------------------------------

    def turn(self, step: float) -> None:
        """Moves the value that the selected lane holds the unit at, in standard deviations."""
        self._set_held(turned(self._values[self.place].held, step))

    def set_free(self) -> None:
        """Holds the unit no more in the selected lane."""
        self._set_held(None)

    def _set_held(self, held: float | None) -> None:
        self._set_values(held=held)
        self.selected.controls = self._held(self._values[self.place])
        self.playback.show_soon()

    def held(self, place: int) -> float | None:
        """Where the lane at a place holds the unit, in standard deviations from its mean; None where it is free."""
        return self._values[place].held

    def change_temperature(self, step: float) -> None:
        self._control(hotter(self.selected.controls, step))

    def toggle_greedy(self) -> None:
        values = self._values[self.place]
        controls = values.spread if self.vary == "temperature" else values.controls
        self._control(replace(controls, greedy=not controls.greedy))

    def _control(self, controls: Controls) -> None:
        if self.vary == "temperature":
            self._set_values(spread=controls)
            self.selected.controls = controls
        else:
            self._set_values(controls=controls)
            self.selected.controls = self._held(self._values[self.place])
        self.playback.show_soon()

    def _set_values(self, **values: object) -> None:
        """Changes the selected lane's own values."""
        self._values[self.place] = replace(self._values[self.place], **values)  # type: ignore[arg-type]

    # -- what varies ---------------------------------------------------------------------------------------------

    def vary_next(self) -> None:
        """Lets the lanes vary in the next thing, and starts them again. Nothing else about them changes."""
        self.vary = VARIATIONS[(VARIATIONS.index(self.vary) + 1) % len(VARIATIONS)]
        if self.vary == "prompt" and all(values.prompt == self.prompt for values in self._values):
            self._start_from_examples()
        if self.vary == "model":
            self._values = [
                values if problem_with(values.model, self.prompt) is None else replace(values, model=self.model)
                for values in self._values
            ]
        self.restart()

    def _start_from_examples(self) -> None:
        """Gives each lane another prompt. The first lane keeps the current one, unless it is empty."""
        kept = [self.prompt] if self.prompt.strip() else []
        prompts = [*kept, *examples(self.model, len(self._values) - len(kept), kept)]
        prompts += [self.prompt] * (len(self._values) - len(prompts))
        self._values = [replace(values, prompt=prompt) for values, prompt in zip(self._values, prompts, strict=True)]

    @property
    def wants_models(self) -> bool:
        """Whether the lanes vary in the model, and no lane has another model yet."""
        return self.vary == "model" and all(values.model is self.model for values in self._values)

    def set_models(self, models: Sequence[CharRNN]) -> None:
        """Gives each lane a model to vary in, in turn, and starts all lanes again."""
        self._values = [
            replace(values, model=models[place % len(models)]) for place, values in enumerate(self._values)
        ]
        self.restart()

    def set_model(self, model: CharRNN) -> None:
        """Gives the selected lane a model of its own, from the beginning."""
        self._set_values(model=model)
        lanes = list(self.lanes)
        lanes[self.place] = self._lane(self._values[self.place])
        self._show(lanes)

    @property
    def wants_measuring(self) -> bool:
        """Whether lanes are to hold a unit in standard deviations, not measured for this model yet."""
        return self.vary == "hold" and not self._measured

    def units_measured(self) -> None:
        """For when `unit_statistics` has been called for the model; until then the unit is free in all lanes."""
        self._measured = True
        self.restart()

    def set_unit(self, name: str) -> None:
        """Lets the lanes hold another unit, and starts them again. Raises what `place_of` raises."""
        self.unit = unit_named(self.model, name, self.unit)
        self.restart()

    def problem_with_unit(self, name: str) -> str | None:
        """Why lanes can't hold a unit, in a line, or None."""
        try:
            place_of(self.model.network, name)
        except CharRNNError as error:
            return str(error)
        return None

    def problem_with(self, prompt: str) -> str | None:
        """What is wrong with a new prompt, in a line, or None."""
        models = [values.model for values in self._values] if self.vary == "model" else [self.model]
        return next((problem for model in models if (problem := problem_with(model, prompt))), None)

    def set_prompt(self, prompt: str) -> None:
        """A new prompt: for the selected lane if lanes vary in it, else for all. Starts all lanes again."""
        if self.vary == "prompt":
            self._set_values(prompt=prompt)
        else:
            # A prompt that was typed for one lane stays that lane's.
            before, self.prompt = self.prompt, prompt
            self._values = [
                replace(values, prompt=prompt) if values.prompt == before else values for values in self._values
            ]
        self.restart()


def _like(values: LaneValues, game: RaceGame, new: LaneValues) -> LaneValues:
    """The values of a lane of another race, fitted to the model, prompt and controls of `new`."""
    own_prompt = values.prompt != game.prompt and problem_with(new.model, values.prompt) is None
    own_model = values.model is not game.model and problem_with(values.model, new.prompt) is None
    spread = replace(new.controls, temperature=values.spread.temperature, greedy=values.spread.greedy)
    return replace(
        values,
        spread=spread,
        controls=new.controls,
        prompt=values.prompt if own_prompt else new.prompt,
        model=values.model if own_model else new.model,
    )
