"""What lanes may be given by choice: other models, which are opened in threads, and the unit that they hold."""

import asyncio
from collections.abc import Callable
from itertools import islice
from typing import Any

from textual.screen import Screen

from charrnn_engine.generation.holding import unit_statistics
from charrnn_tui.race.choose_unit import ChooseHeldUnit
from charrnn_tui.race.game import RaceGame
from charrnn_tui.race.other_models import other_models
from charrnn_tui.race.units import known_units
from charrnn_tui.race.variation import MAX_LANES

_NONE = "No other model knows this prompt"


class LaneChoices:
    """`changed` shows the lanes; `say` shows a line, with True where it is a problem."""

    def __init__(
        self,
        screen: Screen[Any],
        game: RaceGame,
        changed: Callable[[], None],
        say: Callable[[str, bool], None],
    ) -> None:
        self._screen, self._game, self._changed, self._say = screen, game, changed, say

    def open_models(self) -> None:
        """Gives each lane a model of its own."""
        self._screen.run_worker(self._open_models(), exclusive=True, group="models")

    async def _open_models(self) -> None:
        game = self._game
        others = other_models(game.model, game.model, game.prompt)
        found = await asyncio.to_thread(lambda: [*islice(others, MAX_LANES - 1)])
        if not game.wants_models:
            return
        if found:
            game.set_models([game.model, *found])
            self._changed()
        else:
            self._say(_NONE, False)

    def next_model(self) -> None:
        """Gives the selected lane the next model."""
        self._screen.run_worker(self._next_model(), exclusive=True, group="models")

    async def _next_model(self) -> None:
        game, lane = self._game, self._game.selected
        others = other_models(game.model, lane.model, lane.prompt, [other.model for other in game.lanes])
        model = await asyncio.to_thread(next, others, None)
        if game.vary != "model" or game.selected is not lane:
            return
        self._say("" if model else _NONE, model is None)
        if model is not None:
            game.set_model(model)
            self._changed()

    def measure_units(self) -> None:
        """Finds out what the model's units are usually at, so that lanes can hold one."""
        self._screen.run_worker(self._measure_units(), exclusive=True, group="units")

    async def _measure_units(self) -> None:
        await asyncio.to_thread(unit_statistics, self._game.model)
        if self._game.wants_measuring:
            self._game.units_measured()
            self._changed()

    def choose_unit(self, chosen: Callable[[], None]) -> None:
        """Asks which unit the lanes are to hold."""
        game = self._game

        def answered(name: str | None) -> None:
            if name is not None:
                game.set_unit(name)
                chosen()

        known = known_units(game.model)
        self._screen.app.push_screen(ChooseHeldUnit(known, game.problem_with_unit), answered)
