"""The dialog with nine continuations of the text and their figures. A number takes one; esc changes nothing."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from charrnn_engine.errors import CharRNNError
from charrnn_tui.play.continuations import Continuation, Continuations
from charrnn_tui.text.colouring import surprise_level, surprise_scale
from charrnn_tui.text.escapes import EOS, one_line
from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of
from charrnn_tui.ui.notice_line import NoticeLine

COUNT = 9
_TRIES = 2 * COUNT  # continuations written at most, where many are the same


class ContinuationsScreen(Dialog[Continuation]):
    """Dismissed with the continuation taken, or None. The most probable one comes first. `before` is the end of the
    text that they continue: a few words.
    """

    AUTO_FOCUS = "OptionList"
    DEFAULT_CSS = """
    ContinuationsScreen #dialog { width: 110; padding: 0; }
    ContinuationsScreen Static { width: 1fr; height: 1; padding: 0 1; color: $text-muted; }
    ContinuationsScreen NoticeLine { padding: 0 1; color: $text-warning; background: $surface; }
    ContinuationsScreen OptionList { min-height: 9; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r,R,shift+r", "again", "Others", key_display="r", id="continuations.others",
                tooltip="write nine others"),
        *(
            Binding(str(number), f"take({number})", f"Take {number}", id=f"continuations.take-{number}", show=False,
                    tooltip=f"take number {number}")
            for number in range(1, COUNT + 1)
        ),
    ]  # fmt: skip

    def __init__(self, continuations: Continuations, before: str) -> None:
        super().__init__("continuations")
        self._source, self._written = continuations, 0
        self._shown: list[Continuation] = []
        self._heading = Static(_columns("", Text(f"…{one_line(before)}"), "bits/char", "length"))
        self._list = OptionList()
        self._note = NoticeLine()

    def compose_box(self) -> ComposeResult:
        yield self._heading
        yield self._list
        yield self._note

    def on_mount(self) -> None:
        self._write()

    def hints(self, keys: Shown) -> Iterable[KeyHint | None]:
        hint = hints_of(keys, "continuations")
        first, last = keys.get("continuations.take-1"), keys.get(f"continuations.take-{len(self._shown)}")
        numbers = f"{first[0]}-{last[0]} " if first and last and first != last else ""
        take = KeyHint(((numbers, ""), ("enter", "")), "take") if self._shown else None
        return take, hint("others", 0, "others")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "take":
            return isinstance(parameters[0], int) and parameters[0] <= len(self._shown)
        return action != "again" or bool(self._shown)

    @work(exclusive=True)
    async def _write(self) -> None:
        """Writes them in a thread, one after the other, until there are enough or the dialog closes."""
        self._list.loading = True
        different: dict[tuple[int, ...], Continuation] = {}
        last = self._written + _TRIES
        try:
            while len(different) < COUNT and self._written < last:
                self._written += 1
                continuation = await asyncio.to_thread(self._source.write, self._written)
                different[continuation.ids] = continuation
        except CharRNNError as error:
            self._note.say(str(error))
        self._list.loading = False
        self._shown = sorted(different.values(), key=lambda each: each.bits_per_character)
        colours, scale = self.app.theme_variables, surprise_scale(self._source.vocabulary)
        self._list.set_options(Option(_row(place, each, colours, scale)) for place, each in enumerate(self._shown, 1))
        if 0 < len(self._shown) < COUNT:
            self._note.say("The controls allow few continuations; a higher temperature gives more")
        if self._shown:
            self._list.highlighted = 0
        self.refresh_bindings()
        self.show_hints()

    def action_again(self) -> None:
        self._note.say("")
        self._write()

    def action_take(self, number: int) -> None:
        self.dismiss(self._shown[number - 1])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.action_take(event.option_index + 1)


def _row(number: int, continuation: Continuation, colours: Mapping[str, str], scale: float) -> Table:
    """The text, coloured by surprise, and its figures."""
    text = Text(overflow="fold")
    for token in continuation.tokens:
        colour = colours.get(f"surprise-{surprise_level(token.model_probability, scale)}", "")
        text.append(one_line(token.text) or EOS, colour)
    figures = f"{continuation.bits_per_character:.2f}", str(continuation.characters)
    return _columns(str(number), text, *figures)


def _columns(number: str, text: Text, bits: str, length: str) -> Table:
    row = Table.grid(padding=(0, 1), expand=True)
    row.add_column(width=1, style="bold")
    row.add_column(ratio=1)
    row.add_column(width=9, justify="right", style="dim")
    row.add_column(width=6, justify="right", style="dim")
    row.add_row(number, text, bits, length)
    return row
