"""Asks for a unit to colour texts by: by its name, or by a property of the text that it should follow."""

import re
from collections.abc import Sequence

from rich.text import Text
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from charrnn_engine.errors import CharRNNError
from charrnn_engine.inside import PROPERTIES, Property, regex_property
from charrnn_tui.ui.filter_dialog import FilterDialog

_UNIT = re.compile(r"[hc]\d+\.\d+", re.ASCII)


class ChooseUnit(FilterDialog[str | Property]):
    """Dismissed with the name of a unit, a property, or None. Doesn't know which units there are."""

    def __init__(self) -> None:
        super().__init__("colour by the unit…", "a unit such as h1.17, a property, or a regular expression")

    def rows(self) -> Sequence[Option]:
        typed = self.typed.strip()
        words = typed.casefold().split()
        rows = [Option(f"the unit {typed}", id="unit")] if _UNIT.fullmatch(typed) else []
        rows += [
            Option(_row(each.description, each.name), id=each.name)
            for each in PROPERTIES.values()
            if all(word in f"{each.name} {each.description}".casefold() for word in words)
        ]
        if typed and not _UNIT.fullmatch(typed):
            rows.append(Option(_row(f"matches of {typed}"), id="regex"))
        return rows

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        name, typed = event.option_id or "", self.typed.strip()
        try:
            self.dismiss(typed if name == "unit" else regex_property(typed) if name == "regex" else PROPERTIES[name])
        except CharRNNError as error:
            self.say(str(error))


def _row(description: str, name: str = "") -> Text:
    return Text.assemble(("find  ", "dim"), description, (f"  {name}", "dim"))
