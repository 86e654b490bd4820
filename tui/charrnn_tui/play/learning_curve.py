"""How a model gets better at a text that it learns from: two lines of bits per character so far, on one scale."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.ui.formats import bar

_LOOKED_AT = 100_000  # tokens
_NAMES, _FIGURE = 12, 7  # columns


@dataclass(frozen=True)
class Curve:
    """Bits per character from the beginning to each of some places: as the model is, and while it learns."""

    static: tuple[float, ...]
    dynamic: tuple[float, ...]


def curve_of(text: BranchingText, points: int) -> Curve:
    """A curve of so many points at most, up to the cursor, over the last 100,000 tokens."""
    position = min(text.position, len(text.log))  # what has been drawn may not have been handed on yet
    start = max(text.log.dropped, position - _LOOKED_AT)
    ends = np.unique(np.linspace(start, position, points + 1).astype(int)[1:])
    ends = ends[ends > start]
    characters = np.array([text.log.end_of(int(end)) for end in ends])
    lines = []
    for static, total in ((True, text.static_surprise), (False, text.surprise)):
        bits = text.log.surprises(start, static)
        before = total - float(bits.sum())
        sums = before + np.cumsum(bits)[ends - start - 1] if len(ends) else np.empty(0)
        lines.append(tuple((sums / np.maximum(1, characters)).tolist()))
    return Curve(*lines)


class LearningCurve(Widget):
    """Shows a Curve; takes no room without one."""

    DEFAULT_CSS = "LearningCurve { height: auto; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "learning-curve--name",
        "learning-curve--static",
        "learning-curve--dynamic",
    }
    """The names, the curve of the model as it is, and the curve of the model that learns."""

    curve: reactive[Curve | None] = reactive(None)

    def watch_curve(self, before: Curve | None, after: Curve | None) -> None:
        if (before is None) != (after is None):
            self.tooltip = (
                "Bits per character so far, carried state: static for the model as it is, dynamic while it learns."
            )
            self.refresh(layout=True)

    @property
    def points(self) -> int:
        """How many points there is room for."""
        return max(1, self.size.width - _NAMES - _FIGURE)

    def get_content_height(self, *_: object) -> int:
        return 0 if self.curve is None else 2

    def render(self) -> Text:
        curve = self.curve
        if curve is None:
            return Text("")
        # The first characters say little, and would flatten the rest.
        settled = [value for line in (curve.static, curve.dynamic) for value in line[len(line) // 8 :]]
        low, high = min(settled, default=0.0), max(settled, default=1.0)
        rows = []
        for name, values in (("static", curve.static), ("dynamic", curve.dynamic)):
            bars = "".join(bar((value - low) / (high - low) if high > low else 0.5) for value in values)
            figure = f"{values[-1]:.3f}" if values else "–"
            rows.append(
                Text.assemble(
                    (f"{name:<{_NAMES}}", self.get_component_rich_style("learning-curve--name")),
                    (f"{figure:<{_FIGURE}}{bars}", self.get_component_rich_style(f"learning-curve--{name}")),
                )
            )
        return Text("\n", no_wrap=True).join(rows)
