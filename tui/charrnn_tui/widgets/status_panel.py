"""The panel that says what is measured, and of which model."""

from dataclasses import dataclass
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget


@dataclass(frozen=True)
class Status:
    """What there is to say; None where there is nothing yet."""

    model: str
    speed: float | None
    endless: bool
    has_eos: bool
    rate: float = 0.0
    entropy: float | None = None
    bits_per_character: float | None = None
    held_out: float | None = None
    characters: int = 0
    branches: int = 0


def speed_text(speed: float | None) -> str:
    """`60 chars/s`, or `full speed` for as fast as it goes."""
    return "full speed" if speed is None else f"{speed:,.0f} chars/s"


class StatusPanel(Widget):
    """Shows a Status, or waits for one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"status-panel--name", "status-panel--value", "status-panel--strong"}
    """The name of a figure, the figure, and one that the reader has set himself."""

    status: reactive[Status | None] = reactive(None)

    compact: reactive[bool] = reactive(False, layout=True)
    """Only the figures that matter most, for a low screen."""

    def watch_status(self, before: Status | None, after: Status | None) -> None:
        if self._height(before) != self._height(after):
            self.refresh(layout=True)

    def _height(self, status: Status | None) -> int:
        return 0 if status is None else len(figures(status, self.compact))

    def render(self) -> Table | Text:
        status = self.status
        if status is None:
            return Text("")
        name, value, strong = (
            self.get_component_rich_style(f"status-panel--{part}") for part in ("name", "value", "strong")
        )
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(style=name, no_wrap=True, min_width=11)
        table.add_column(style=value, no_wrap=True, overflow="ellipsis", ratio=1)
        for label, figure, own in figures(status, self.compact):
            table.add_row(label, Text(figure, strong if own else value))
        return table


def figures(status: Status, compact: bool = False) -> list[tuple[str, str, bool]]:
    """Each figure's name, what it is now, and whether the reader has set it."""
    entropy = "–" if status.entropy is None else f"{status.entropy:.2f} bits"
    so_far = "–" if status.bits_per_character is None else f"{status.bits_per_character:.2f} bits/char"
    if compact:
        return [("speed", speed_text(status.speed), True), ("entropy", entropy, False), ("so far", so_far, False)]
    rows = [
        ("model", status.model, False),
        ("speed", speed_text(status.speed), True),
        ("measured", f"{status.rate:,.0f} chars/s", False),
        ("entropy", entropy, False),
        ("so far", so_far, False),
        ("characters", f"{status.characters:,}", False),
    ]
    if status.held_out is not None:
        rows.insert(5, ("held-out", f"{status.held_out:.2f} bits/char", False))
    if status.has_eos:
        rows.insert(2, ("at ∎", "go on" if status.endless else "stop", False))
    if status.branches:
        rows.append(("branches", str(status.branches), True))
    return rows
