"""A line with two small curves over the epochs of a run: the loss, and how well a unit follows a property."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from charrnn_tui.ui.formats import bar

_WIDEST = 40  # columns of a curve


@dataclass(frozen=True)
class Curve:
    """A value for each epoch, None where there is none. Blocks go from `low` to `high`; by default
    over the range of the values after the first one.
    """

    name: str
    values: Sequence[float | None]
    low: float | None = None
    high: float | None = None


class EpochCurves(Widget):
    """Shows some `curves`, with the epoch at place `at` in another colour and its values beside them."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"epoch-curves--name", "epoch-curves--block", "epoch-curves--shown"}
    """Names and values, the blocks of a curve, and the epoch that is shown."""

    DEFAULT_CSS = """
    EpochCurves { height: 1; padding: 0 2; background: $surface; color: $foreground; display: none; }
    EpochCurves.-shown { display: block; }
    EpochCurves > .epoch-curves--name { color: $text-muted; }
    EpochCurves > .epoch-curves--block { color: $primary; }
    EpochCurves > .epoch-curves--shown { color: $text-accent; text-style: bold; }
    """

    curves: reactive[Sequence[Curve]] = reactive(())
    at: reactive[int] = reactive(0)

    def watch_curves(self) -> None:
        self.set_class(bool(self.curves), "-shown")

    def render(self) -> Text:
        curves, width = self.curves, self.size.width
        values = [_figure(curve.values[self.at]) if self.at < len(curve.values) else "" for curve in curves]
        lengths = [len(curve.values) for curve in curves if curve.values]
        taken = sum(len(curve.name) + len(value) + 4 for curve, value in zip(curves, values, strict=True))
        room = max(4, min(_WIDEST, (width - taken) // max(1, len(lengths))))
        name_style, block_style, shown_style = (
            self.get_component_rich_style(f"epoch-curves--{part}") for part in ("name", "block", "shown")
        )
        text = Text(no_wrap=True, overflow="ellipsis")
        for curve, value in zip(curves, values, strict=True):
            text.append(curve.name, name_style)
            if curve.values:
                first = max(0, min(self.at - room // 2, len(curve.values) - room))
                text.append(" ")
                for place, block in enumerate(_blocks(curve)[first : first + room], first):
                    text.append(block, shown_style if place == self.at else block_style)
                text.append(f" {value}", shown_style)
            text.append("  ")
        return text


def _figure(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.2f}"


def _blocks(curve: Curve) -> str:
    known = [value for value in curve.values if value is not None and not math.isnan(value)]
    low = curve.low if curve.low is not None else min(known, default=0.0)
    # The first epoch is the untrained network, beside which all others would look alike.
    high = curve.high if curve.high is not None else max(known[1:] or known, default=1.0)
    span = max(high - low, 1e-9)

    def block(value: float | None) -> str:
        if value is None or math.isnan(value):
            return "·"
        return bar((value - low) / span)

    return "".join(map(block, curve.values))
