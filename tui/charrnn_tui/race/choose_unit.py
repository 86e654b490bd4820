"""Asks which unit the lanes of a race hold: one that the model's card lists, or any by its name."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from charrnn_tui.race.units import RacedUnit
from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.key_bar import KeyHint
from charrnn_tui.ui.keys import Shown


class ChooseHeldUnit(Dialog[str]):
    """Dismissed with the name of a unit, or None. `problem_with` says what is wrong with a name, or returns None."""

    DEFAULT_CSS = """
    ChooseHeldUnit Input, ChooseHeldUnit Input:focus {
        border: none; height: 1; padding: 0 1; background: $panel; margin-bottom: 1;
    }
    ChooseHeldUnit Label { width: 1fr; color: $text-error; }
    """

    def __init__(self, known: Sequence[RacedUnit], problem_with: Callable[[str], str | None]) -> None:
        super().__init__("the unit that the lanes hold")
        self._known, self._problem_with = known, problem_with
        self._input = Input(placeholder="a unit such as h1.17, or what one follows")
        self._list = OptionList()
        self._problem = Label("", markup=False)

    def compose_box(self) -> ComposeResult:
        yield self._input
        yield self._list
        yield self._problem

    def on_mount(self) -> None:
        super().on_mount()
        self._offer("")

    def hints(self, keys: Shown) -> Iterable[KeyHint]:
        return (KeyHint((("↑", ""), ("↓", "")), "choose"), KeyHint((("enter", ""),), "hold"))

    def _offer(self, typed: str) -> None:
        found = [unit for unit in self._known if typed.casefold() in f"{unit.name} {unit.description}".casefold()]
        rows = [Option(Text.assemble((f"{unit.name:<8}", "bold"), unit.description), id=unit.name) for unit in found]
        self._list.set_options(rows)
        self._list.highlighted = 0 if rows else None
        self._list.display = bool(rows)
        self._problem.update("")

    def on_input_changed(self, event: Input.Changed) -> None:
        self._offer(event.value.strip())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        typed = event.value.strip()
        if self._list.option_count and typed not in {unit.name for unit in self._known}:
            self._list.action_select()
            return
        problem = self._problem_with(typed)
        self._problem.update(problem or "")
        if problem is None:
            self.dismiss(typed)

    def on_key(self, event: Any) -> None:
        """The arrows choose while the text is typed in."""
        if event.key in ("up", "down") and self.focused is self._input:
            event.stop()
            event.prevent_default()
            (self._list.action_cursor_up if event.key == "up" else self._list.action_cursor_down)()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)
