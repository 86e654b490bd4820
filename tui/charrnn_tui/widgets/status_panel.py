"""The panel that says what is set and what is measured."""

from dataclasses import dataclass

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget


@dataclass(frozen=True)
class Status:
    """What there is to say; None where there is nothing yet."""

    model: str
    temperature: float
    greedy: bool
    filters: str
    seed: int | None
    speed: float | None
    endless: bool
    has_eos: bool
    rate: float = 0.0
    entropy: float | None = None
    bits_per_character: float | None = None
    characters: int = 0


def speed_text(speed: float | None) -> str:
    """`60 chars/s`, or `full` for as fast as it goes."""
    return "full" if speed is None else f"{speed:,.0f} chars/s"


class StatusPanel(Widget):
    """Shows a Status, or waits for one."""

    COMPONENT_CLASSES = {"status-panel--name", "status-panel--value", "status-panel--strong"}
    """The name of a figure, the figure, and one that the reader has set himself."""

    status: reactive[Status | None] = reactive(None)

    def render(self) -> Table | Text:
        status = self.status
        if status is None:
            return Text("")
        name, value, strong = (
            self.get_component_rich_style(f"status-panel--{part}") for part in ("name", "value", "strong")
        )
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(style=name, no_wrap=True)
        table.add_column(style=value, no_wrap=True, overflow="ellipsis", ratio=1)
        for label, figure, style in self._figures(status, value, strong):
            table.add_row(label, Text(figure, style))
        return table

    @staticmethod
    def _figures(status: Status, value: Style, strong: Style) -> list[tuple[str, str, Style]]:
        def bits(number: float | None, what: str = "bits") -> str:
            return "–" if number is None else f"{number:.2f} {what}"

        rows = [
            ("model", status.model, value),
            ("temperature", f"{status.temperature:.2f}", value if status.greedy else strong),
            ("greedy", "on" if status.greedy else "off", strong if status.greedy else value),
            ("seed", "–" if status.seed is None else str(status.seed), value),
            ("speed", speed_text(status.speed), strong),
            ("measured", f"{status.rate:,.0f} chars/s", value),
            ("entropy", bits(status.entropy), value),
            ("so far", bits(status.bits_per_character, "bits/char"), value),
            ("characters", f"{status.characters:,}", value),
        ]
        if status.has_eos:
            rows.insert(5, ("at ∎", "go on" if status.endless else "stop", value))
        if status.filters:
            rows.insert(3, ("filters", status.filters, strong))
        return rows
