"""Asks for a unit to colour texts by: by its name, or by a property of the text that it should follow."""

import re
from collections.abc import Iterable
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from charrnn_engine.errors import CharRNNError
from charrnn_engine.inside import PROPERTIES, Property, regex_property
from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.key_bar import KeyHint
from charrnn_tui.ui.keys import Shown

_UNIT = re.compile(r"[hc]\d+\.\d+", re.ASCII)


class ChooseUnit(Dialog[str | Property]):
    """Dismissed with the name of a unit, a property, or None. Doesn't know which units there are."""

    DEFAULT_CSS = """
    ChooseUnit Input, ChooseUnit Input:focus {
        border: none; height: 1; padding: 0 1; background: $panel; margin-bottom: 1;
    }
    ChooseUnit OptionList { max-height: 12; }
    ChooseUnit Label { width: 1fr; color: $text-error; }
    """

    def __init__(self) -> None:
        super().__init__("colour by the unit…")
        self._input = Input(placeholder="a unit such as h1.17, a property, or a regular expression")
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
        return (KeyHint((("↑", ""), ("↓", "")), "choose"), KeyHint((("enter", ""),), "take"))

    def _offer(self, typed: str) -> None:
        words = typed.casefold().split()
        options = [Option(f"the unit {typed}", id="unit")] if _UNIT.fullmatch(typed) else []
        options += [
            Option(_row(each.description, each.name), id=each.name)
            for each in PROPERTIES.values()
            if all(word in f"{each.name} {each.description}".casefold() for word in words)
        ]
        if typed and not _UNIT.fullmatch(typed):
            options.append(Option(_row(f"matches of {typed}"), id="regex"))
        self._list.set_options(options)
        self._list.highlighted = 0 if options else None
        self._problem.update("")

    def on_input_changed(self, event: Input.Changed) -> None:
        self._offer(event.value.strip())

    def on_input_submitted(self) -> None:
        self._list.action_select()

    def on_key(self, event: Any) -> None:
        """The arrows choose while the text is typed in."""
        if event.key in ("up", "down") and self.focused is self._input:
            event.stop()
            event.prevent_default()
            (self._list.action_cursor_up if event.key == "up" else self._list.action_cursor_down)()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        name, typed = event.option_id or "", self._input.value.strip()
        try:
            self.dismiss(typed if name == "unit" else regex_property(typed) if name == "regex" else PROPERTIES[name])
        except CharRNNError as error:
            self._problem.update(str(error))


def _row(description: str, name: str = "") -> Text:
    return Text.assemble(("find  ", "dim"), description, (f"  {name}", "dim"))
