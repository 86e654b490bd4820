"""The figures of a text."""

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from charrnn_tui.text.escapes import EOS
from charrnn_tui.ui.formats import speed_text

_NAMES = 12  # columns for the names of figures


@dataclass(frozen=True)
class Status:
    """The figures; None where there is none yet."""

    speed: float | None
    endless: bool
    has_eos: bool
    rate: float = 0.0
    entropy: float | None = None
    bits_per_character: float | None = None
    held_out: float | None = None
    characters: int = 0
    branches: int = 0


class StatusPanel(Widget):
    """Shows a Status, or waits for one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"status-panel--name", "status-panel--value", "status-panel--strong"}
    """The name of a figure, a figure, and one that the user has set."""

    status: reactive[Status | None] = reactive(None)

    compact: reactive[bool] = reactive(False, layout=True)
    """Only the figures that matter most, for a low screen."""

    def watch_status(self, before: Status | None, after: Status | None) -> None:
        if self._height(before) != self._height(after):
            self.refresh(layout=True)

    def _height(self, status: Status | None) -> int:
        return 0 if status is None else len(figures(status, self.compact))

    def render(self) -> Text:
        status = self.status
        if status is None:
            return Text("")
        name, value, strong = (
            self.get_component_rich_style(f"status-panel--{part}") for part in ("name", "value", "strong")
        )
        room = max(1, self.size.width - _NAMES)
        lines = []
        for label, figure, own in figures(status, self.compact):
            shown = figure if cell_len(figure) <= room else set_cell_size(figure, room - 1) + "…"
            lines.append(Text.assemble((f"{label:<{_NAMES}}", name), (shown, strong if own else value)))
        return Text("\n", no_wrap=True).join(lines)


def figures(status: Status, compact: bool = False) -> list[tuple[str, str, bool]]:
    """Each figure's name, its value, and whether the user has set it."""
    entropy = "–" if status.entropy is None else f"{status.entropy:.2f} bits"
    this_text = "–" if status.bits_per_character is None else f"{status.bits_per_character:.2f} bits/char"
    held_out = None if status.held_out is None else ("held-out", f"{status.held_out:.2f} bits/char", False)
    if compact:
        # The title names the speed, too.
        first = ("speed", speed_text(status.speed), True)
        bits = ("this text", this_text, False)
        return [*([bits, held_out] if held_out else [first, bits]), ("entropy", entropy, False)]
    rows = [
        ("speed", speed_text(status.speed), True),
        ("actual", f"{status.rate:,.0f} chars/s" if status.rate else "–", False),
        ("characters", f"{status.characters:,}", False),
        ("this text", this_text, False),
    ]
    if held_out:
        rows.append(held_out)
    if status.has_eos:
        rows.insert(1, (f"at {EOS}", "continue" if status.endless else "stop", False))
    if status.branches:
        rows.append(("branches", str(status.branches), True))
    # Last, above the line of earlier ones.
    return [*rows, ("entropy", entropy, False)]
