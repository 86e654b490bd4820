"""The next character's distribution on one line: for where there is no room for bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from charrnn_tui.play.next_tokens import Alternative
from charrnn_tui.ui.formats import percent


class NextLine(Widget):
    """Shows `alternatives`, most probable first, as many as there is room for, and the `entropy` in bits. A click on
    one picks it.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"next-line--label", "next-line--came", "next-line--number"}
    """A token's label, the label of the one that the text continued with, and the number to choose one by."""

    @dataclass
    class Picked(Message):
        """The user wants the text to continue with this token."""

        id: int

    class RoomChanged(Message):
        """There is room for more tokens, or for fewer."""

    alternatives: reactive[Sequence[Alternative]] = reactive(())
    entropy: reactive[float] = reactive(0.0)
    numbered: reactive[bool] = reactive(False)
    """Whether they are numbered, for the keys 1 to 9."""
    covered: reactive[bool] = reactive(False)
    """Whether they are covered, so that what comes can be guessed."""

    def render(self) -> Text:
        label, came, number = (
            self.get_component_rich_style(f"next-line--{part}") for part in ("label", "came", "number")
        )
        entropy = f"entropy {self.entropy:.2f} bits"
        room = self.size.width - len(entropy) - 1
        line = Text("what comes next?" if self.covered else "", number, no_wrap=True, end="")
        for place, item in enumerate(self.alternatives, 1):
            piece = Text()
            if self.numbered:
                piece.append(f"{place} ", number)
            piece.append(item.label, came if item.came else label)
            piece.append(f" {percent(item.probability).strip()}  ")
            piece.stylize(Style(meta={"id": item.id}))
            if line.cell_len + piece.cell_len > room:
                break
            line.append_text(piece)
        if room > 0:
            line.pad_right(room + 1 - line.cell_len)
        return line.append(entropy)

    def on_resize(self) -> None:
        self.post_message(self.RoomChanged())

    def on_click(self, event: Click) -> None:
        picked = event.style.meta.get("id")
        if picked is not None:
            self.post_message(self.Picked(picked))
