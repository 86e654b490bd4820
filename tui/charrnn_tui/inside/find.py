"""Asks for the unit that follows a property: a listed one, or a regular expression. Ranks in a thread."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from rich.text import Text
from textual import work
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from charrnn_engine.errors import CharRNNError
from charrnn_engine.inside import PROPERTIES, Property, RankedUnit, own_texts, read_sample, regex_property
from charrnn_engine.inside.ranking import Ranking
from charrnn_engine.network.model import CharRNN
from charrnn_tui.inside.report import found_text
from charrnn_tui.ui.filter_dialog import FilterDialog

TOKENS = 12_000
"""Tokens of the text that the model writes itself to rank units on."""
_TOP = 12


def read_own_text(model: CharRNN, progress: Callable[[float], None]) -> Ranking:
    """Has a model write some text and read it again. Takes seconds."""
    return Ranking(read_sample(model, own_texts(model, TOKENS), TOKENS, progress))


class FindScreen(FilterDialog[str]):
    """Dismissed with the name of a unit, or None.

    `read` gives what to rank on and is called in a thread with a function for its progress; `known` are units of the
    model's card.
    """

    DEFAULT_CSS = """
    FindScreen #dialog { width: 72; }
    FindScreen OptionList { max-height: 16; }
    FindScreen Label { margin-top: 1; color: $text-muted; }
    """

    def __init__(
        self, read: Callable[[Callable[[float], None]], Ranking], known: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        super().__init__("find the unit for…", "a property, or a regular expression")
        self._read, self._known = read, known

    # -- what to look for ----------------------------------------------------------------------------------------

    def rows(self) -> Sequence[Option]:
        """Units that are known already, properties, and what was typed as a regular expression."""
        words = self.typed.casefold().split()

        def fits(text: str) -> bool:
            return all(word in text.casefold() for word in words)

        known = [unit for unit in self._known if fits(f"{unit['unit']} {unit['name']}")]
        asked = [each for each in PROPERTIES.values() if fits(f"{each.name} {each.description}")]
        rows = [Option(self._known_row(unit), id=str(unit["unit"])) for unit in known]
        rows += [Option(_property_row(each), id=f"property {each.name}") for each in asked]
        if self.typed:
            rows.append(Option(Text.assemble(("matches of  ", "dim"), self.typed), id="regex"))
        return rows

    def filter(self) -> None:
        self.workers.cancel_group(self, "ranking")
        super().filter()

    def _known_row(self, unit: Mapping[str, Any]) -> Text:
        return Text.assemble((f"{unit['unit']:<8}", "bold"), f"{unit['name']}  ", (found_text(unit), "dim"))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        name = event.option_id or ""
        if name == "regex":
            try:
                self._rank(regex_property(self.typed))
            except CharRNNError as error:
                self.say(str(error))
        elif name.startswith("property "):
            self._rank(PROPERTIES[name.removeprefix("property ")])
        elif name:
            self.dismiss(name)

    # -- ranking -------------------------------------------------------------------------------------------------

    @work(exclusive=True, group="ranking")
    async def _rank(self, what: Property) -> None:
        loop = asyncio.get_running_loop()

        def progress(part: float) -> None:
            text = f"Reading text that the model has written: {part:.0%}"
            loop.call_soon_threadsafe(partial(self.say, text))

        self.say("The model writes some text…")
        try:
            ranking = await asyncio.to_thread(self._read, progress)
            self.say(f"Ranking all units by {what.description}…")
            ranked = await asyncio.to_thread(ranking.units, what, _TOP)
        except CharRNNError as error:
            self.say(str(error))
            return
        self._show(what, ranked)

    def _show(self, what: Property, ranked: Sequence[RankedUnit]) -> None:
        self.show_rows([Option(_ranked_row(unit), id=unit.unit) for unit in ranked])
        self.choices.focus()
        probe = f"{ranked[0].probe:.2f}" if ranked else "–"
        self.say(f"{what.description[:1].upper()}{what.description[1:]}. All units together reach {probe}.")


def _property_row(what: Property) -> Text:
    return Text.assemble(("find    ", "dim"), what.description, (f"  {what.name}", "dim"))


def _ranked_row(unit: RankedUnit) -> Text:
    figure = found_text({"measure": unit.measure, "score": unit.score})
    bar = "━" * round(24 * max(0.0, unit.score))
    high = "high" if unit.direction > 0 else "low "
    return Text.assemble((f"{unit.unit:<9}", "bold"), f"{figure:<11}", (f"{high}  ", "dim"), bar)
