"""The figures of a text."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.events import MouseMove
from textual.reactive import reactive
from textual.widget import Widget

from charrnn_tui.text.escapes import EOS
from charrnn_tui.ui.formats import speed_text

NAMES = 12  # columns for the names of figures
_ABOUT_AS_MANY = " ≈"

MEANINGS = {
    "speed": "How many characters a second should come.",
    "actual": "How many characters a second do come.",
    f"at {EOS}": f"What happens where the model ends its text, which is shown as {EOS}.",
    "characters": "The length of the text up to the cursor, without the prompt.",
    "words": "The length of the text up to the cursor, without the prompt, in words and punctuation marks.",
    "surprise": "How improbable the characters of this text were for the model, on average. 1 bit is one chance in "
    "2, 2 bits are one in 4, 10 bits one in 1,024.",
    "held-out": "The surprise of real text that the model was not trained on: how well it predicts. Fewer bits are "
    "better.",
    "branches": "Other continuations that were left behind; the key for branches returns to one.",
    "entropy": "How undecided the model is about the next character. 0 bits: it is certain. 3 bits: as undecided as "
    "between 8 equally probable characters.",
}
"""A word of explanation for each figure."""


@dataclass(frozen=True)
class Status:
    """The figures; None where there is none yet."""

    speed: float | None
    at_end: str
    """What happens at the end of a text."""
    has_eos: bool
    rate: float = 0.0
    entropy: float | None = None
    bits: float | None = None
    """Per `unit`, of this text."""
    held_out: float | None = None
    """The same, of held-out text."""
    characters: int = 0
    """Or words."""
    branches: int = 0
    unit: Literal["char", "word"] = "char"


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

    def on_mouse_move(self, event: MouseMove) -> None:
        names = [] if self.status is None else [name for name, _, _ in figures(self.status, self.compact)]
        self.tooltip = MEANINGS.get(names[event.y]) if event.y < len(names) else None

    def render(self) -> Text:
        status = self.status
        if status is None:
            return Text("")
        name, value, strong = (
            self.get_component_rich_style(f"status-panel--{part}") for part in ("name", "value", "strong")
        )
        room = max(1, self.size.width - NAMES)
        lines = []
        for label, figure, own in figures(status, self.compact):
            if cell_len(figure) > room:
                figure = figure.split(_ABOUT_AS_MANY)[0]
            shown = figure if cell_len(figure) <= room else set_cell_size(figure, room - 1) + "…"
            lines.append(Text.assemble((f"{label:<{NAMES}}", name), (shown, strong if own else value)))
        return Text("\n", no_wrap=True).join(lines)


def figures(status: Status, compact: bool = False) -> list[tuple[str, str, bool]]:
    """Each figure's name, its value, and whether the user has set it."""
    entropy = (
        "–" if status.entropy is None else f"{status.entropy:.2f} bits{_ABOUT_AS_MANY}1 of {2**status.entropy:.0f}"
    )
    unit = status.unit
    surprise = "–" if status.bits is None else f"{status.bits:.2f} bits/{unit}"
    held_out = None if status.held_out is None else ("held-out", f"{status.held_out:.2f} bits/{unit}", False)
    if compact:
        # The title names the speed, too.
        first = ("speed", speed_text(status.speed, unit), True)
        bits = ("surprise", surprise, False)
        return [*([bits, held_out] if held_out else [first, bits]), ("entropy", entropy, False)]
    rows = [
        ("speed", speed_text(status.speed, unit), True),
        ("actual", speed_text(status.rate, unit) if status.rate else "–", False),
        ("characters" if unit == "char" else "words", f"{status.characters:,}", False),
        ("surprise", surprise, False),
    ]
    if held_out:
        rows.append(held_out)
    if status.has_eos:
        rows.insert(1, (f"at {EOS}", status.at_end, False))
    if status.branches:
        rows.append(("branches", str(status.branches), True))
    # Last, above the line of earlier ones.
    return [*rows, ("entropy", entropy, False)]
