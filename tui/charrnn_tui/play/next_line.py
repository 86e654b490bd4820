"""What could come next, on a line of its own: for where there is no room for bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.distribution import entropy_bits
from charrnn_tui.play.alternatives import next_alternatives
from charrnn_tui.play.distribution_bars import Alternative, percent
from charrnn_tui.play.side_panel import Playing

_MOST = 9


class NextLine(Widget):
    """Shows `alternatives`, most probable first, as many as there is room for, and the `entropy` in bits. A click on
    one picks it.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"next-line--label", "next-line--came", "next-line--number"}
    """A token's name, the name of the one that the text went on with, and the number to choose one by."""

    @dataclass
    class Picked(Message):
        """The reader wants the text to go on with this token."""

        id: int

    class RoomChanged(Message):
        """There is room for more of them, or for fewer."""

    alternatives: reactive[Sequence[Alternative]] = reactive(())
    entropy: reactive[float] = reactive(0.0)
    numbered: reactive[bool] = reactive(False)
    """Whether the first nine are numbered, for the keys 1 to 9."""

    def show(self, playing: Playing, controls: Controls) -> None:
        """What could come at the end of the text, or at the cursor; nothing while it isn't seen."""
        if not self.size.width:
            self.alternatives = ()
            return
        generation = playing.session.generation
        self.numbered = playing.paused
        self.entropy = entropy_bits(generation.logits())
        self.alternatives = next_alternatives(generation, controls, _MOST, playing.came)

    def render(self) -> Text:
        label, came, number = (
            self.get_component_rich_style(f"next-line--{part}") for part in ("label", "came", "number")
        )
        entropy = f"{self.entropy:.2f} bits"
        room = self.size.width - len(entropy) - 1
        line = Text(no_wrap=True, end="")
        for place, item in enumerate(self.alternatives, 1):
            piece = Text()
            if self.numbered and place <= 9:
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
