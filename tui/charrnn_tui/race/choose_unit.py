"""Asks which unit the lanes of a race hold: one that the model's card lists, or any by its name."""

from collections.abc import Callable, Sequence

from rich.text import Text
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from charrnn_tui.race.units import RacedUnit
from charrnn_tui.ui.filter_dialog import FilterDialog


class ChooseHeldUnit(FilterDialog[str]):
    """Dismissed with the name of a unit, or None. `problem_with` says what is wrong with a name, or returns None."""

    TAKE = "hold"

    def __init__(self, known: Sequence[RacedUnit], problem_with: Callable[[str], str | None]) -> None:
        super().__init__("the unit that the lanes hold", "a unit such as h1.17, or what one follows")
        self._known, self._problem_with = known, problem_with

    def rows(self) -> Sequence[Option]:
        typed = self.typed.strip().casefold()
        found = [unit for unit in self._known if typed in f"{unit.name} {unit.description}".casefold()]
        return [Option(Text.assemble((f"{unit.name:<8}", "bold"), unit.description), id=unit.name) for unit in found]

    def show_rows(self, rows: Sequence[Option]) -> None:
        super().show_rows(rows)
        self.choices.display = bool(rows)

    def enter(self) -> None:
        typed = self.typed.strip()
        if self.choices.option_count and typed not in {unit.name for unit in self._known}:
            super().enter()
            return
        problem = self._problem_with(typed)
        self.say(problem or "")
        if problem is None:
            self.dismiss(typed)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)
