"""What there is to say about the chosen unit: its value, its course, its dial, where it is highest, and other units
worth seeing. Draws what it is given and knows no model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from rich.style import Style
from rich.text import Text
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from charrnn_engine.inside.contexts import Context
from charrnn_engine.network.products import Array
from charrnn_tui.text.colouring import UNIT_LEVELS
from charrnn_tui.text.escapes import one_line
from charrnn_tui.ui.formats import hold_text

DIAL = 4
"""The dial goes from minus so many standard deviations to plus so many."""
_HEIGHTS = " ▁▂▃▄▅▆▇█"
_ROOM_FOR_TICKS = 44  # columns
_SPAN = 3.0  # standard deviations from the mean to the edge of the course


@dataclass(frozen=True, eq=False)
class Report:
    """All that is shown. Values are in standard deviations from the unit's mean; None where it isn't known yet."""

    unit: str = ""
    name: str = ""
    value: float | None = None
    deviations: float | None = None
    course: Array = field(default_factory=lambda: np.empty(0, np.float32))
    levels: bytes = b""
    """The level of each value of the course."""
    held: Mapping[str, float | str] = field(default_factory=dict)
    dial: float | None = None
    """Where the unit is held; None where it is free."""
    known: Sequence[Mapping[str, Any]] = ()
    """Units worth seeing, as a card lists them."""
    contexts: Sequence[Context] = ()
    keys: Mapping[str, str] = field(default_factory=dict)


def found_text(unit: Mapping[str, Any]) -> str:
    """How well a unit follows its property: `r 0.92` or `AUROC 0.99`."""
    score = float(unit.get("score", 0))
    return f"{'r' if unit.get('measure') == 'r' else 'AUROC'} {score:.{2 if score < 0.995 else 3}f}"


def effect_text(unit: Mapping[str, Any]) -> str:
    """What holding a unit does, as its card says: `mean length of a line: 52 at -3 sd, 32 free, 18 at +3 sd`.

    Empty where the card says nothing of it, or something else.
    """
    effect = unit.get("effect")
    try:
        means = [float(effect[held]["mean"]) for held in ("low", "free", "high")]  # type: ignore[index]
        low, free, high = (f"{mean:.0f}" if abs(mean) >= 10 else f"{mean:.2g}" for mean in means)
        return f"{one_line(str(effect['figure']))}: {low} at -3 sd, {free} free, {high} at +3 sd"  # type: ignore[index]
    except (KeyError, TypeError, ValueError, OverflowError):
        return ""


def course_rows(course: Array, rows: int) -> list[str]:
    """A line of values as columns of blocks, the top row first; the middle of the height is 0."""
    heights = np.clip((course + _SPAN) / (2 * _SPAN), 0, 1) * (8 * rows - 1) + 1
    whole = np.where(np.isnan(heights), 0, heights).round().astype(int)
    return [
        "".join(_HEIGHTS[min(8, max(0, height - 8 * row))] for height in whole.tolist())
        for row in range(rows - 1, -1, -1)
    ]


class ReportView(Widget):
    """Shows a `report`, as much of it as there is room for. A click on a unit chooses it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "report--name", "report--unit", "report--value", "report--held", "report--key",
        *(f"report--level-{level}" for level in range(UNIT_LEVELS)),
    }  # fmt: skip
    """Words, units, values, what is held, keys, and the levels of a unit."""

    @dataclass
    class Named(Message):
        """The user wants the unit of that name."""

        unit: str

    report: reactive[Report] = reactive(Report)

    def render(self) -> Text:
        report, height = self.report, self.size.height
        course = self._course(2 if height < 16 else 3)
        fixed = [self._head(), *course, self._dial(), self._held()]
        room = height - len(fixed)
        known = self._known()[: max(0, room - (3 if report.contexts else 0))]
        gaps = min(2, max(0, room - len(known) - 1 - min(3, len(report.contexts))))
        contexts = self._contexts()[: max(0, room - len(known) - gaps)]
        blank = [Text("")]
        lines = fixed + (blank if gaps > 0 else []) + known + (blank if gaps > 1 else []) + contexts
        for line in lines:
            line.truncate(self.size.width, overflow="ellipsis")
        return Text("\n", no_wrap=True).join(lines)

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"report--{part}")

    def _head(self) -> Text:
        report = self.report
        text = Text.assemble((report.unit, self._style("unit")), no_wrap=True)
        if report.value is not None:
            text.append(f"  {report.value:+.2f}", self._style("value"))
            if report.deviations is not None:
                text.append(f"  {report.deviations:+.1f} sd", self._style("name"))
        return text.append(f"  {report.name}", self._style("value"))

    def _course(self, rows: int) -> list[Text]:
        width = self.size.width
        course, levels = self.report.course[-width:], self.report.levels[-width:]
        styles = [self._style(f"level-{level}") for level in range(UNIT_LEVELS)]
        lines = []
        for row in course_rows(course, rows):
            line = Text(no_wrap=True)
            for block, level in zip(row, levels, strict=True):
                line.append(block, styles[level] if level < UNIT_LEVELS else self._style("name"))
            line.pad_left(width - line.cell_len)
            lines.append(line)
        return lines

    def _dial(self) -> Text:
        report, keys = self.report, self.report.keys
        dial = report.dial
        at = None if dial is None else round(min(DIAL, max(-DIAL, dial))) + DIAL
        text = Text.assemble(("hold  ", self._style("name")), (f"-{DIAL} ", self._style("name")))
        for place in range(2 * DIAL + 1):
            here = "●" if place == at else "┼" if place == DIAL else "─"
            text.append(here, self._style("held" if place == at else "name"))
            if place < 2 * DIAL and self.size.width >= _ROOM_FOR_TICKS:
                text.append("─", self._style("name"))
        text.append(f" +{DIAL} ", self._style("name"))
        if dial is None:
            return text.append_text(self._keys((("hold-lower", ""), ("hold-higher", "turns"), ("ablate", "ablates"))))
        text.append(f" {hold_text(report.held[report.unit])} ", self._style("held"))
        return text.append(f" {keys.get('release', '')}", self._style("key")).append(" releases", self._style("name"))

    def _keys(self, named: Sequence[tuple[str, str]]) -> Text:
        text = Text()
        for key, label in named:
            text.append(f" {self.report.keys.get(key, '')}", self._style("key"))
            text.append(f" {label}" if label else "", self._style("name"))
        return text

    def _held(self) -> Text:
        held = self.report.held
        if not held:
            return Text("nothing is held", self._style("name"), no_wrap=True)
        text = Text.assemble(("held  ", self._style("name")), no_wrap=True)
        for unit, value in held.items():
            style = self._style("held") + Style(meta={"unit": unit})
            text.append(f"{unit} {hold_text(value)}", style).append("   ")
        return text

    def _known(self) -> list[Text]:
        report = self.report
        if not report.known:
            return [Text.assemble((report.keys.get("find-unit", ""), self._style("key")),
                                  (" finds the unit for…", self._style("name")))]  # fmt: skip
        head = Text.assemble(("worth seeing ", self._style("name")), no_wrap=True)
        head.append_text(self._keys((("next-named-unit", "next"), ("find-unit", "find others"))))
        lines = [head]
        width = max(len(str(unit["unit"])) for unit in report.known)
        for unit in report.known:
            own = unit["unit"] == report.unit
            line = Text.assemble(("▸ " if own else "  ", self._style("unit")), no_wrap=True)
            line.append(f"{unit['unit']:<{width}}  ", self._style("unit" if own else "name"))
            line.append(f"{unit['name']}", self._style("value"))
            figure = found_text(unit)
            line.truncate(max(8, self.size.width - len(figure) - 2), overflow="ellipsis", pad=True)
            line.append(f"  {figure}", self._style("name"))
            line.stylize(Style(meta={"unit": unit["unit"]}))
            lines.append(line)
            if own and (effect := effect_text(unit)):
                lines.append(Text(f"  {effect}", self._style("name"), no_wrap=True))
        return lines

    def _contexts(self) -> list[Text]:
        if not self.report.contexts:
            return []
        lines = [Text("highest in this text at", self._style("name"), no_wrap=True)]
        side = max(4, (self.size.width - 8) // 2)
        for context in self.report.contexts:
            before, at, after = one_line(context.before)[-side:], one_line(context.at), one_line(context.after)[:side]
            line = Text.assemble((f"{context.value:+5.1f}  ", self._style(f"level-{UNIT_LEVELS - 1}")), no_wrap=True)
            line.append(f"{before:>{side}}", self._style("value"))
            line.append(at, self._style(f"level-{UNIT_LEVELS - 1}") + Style(reverse=True))
            lines.append(line.append(after, self._style("name")))
        return lines

    def on_click(self, event: Click) -> None:
        unit = event.style.meta.get("unit")
        if unit:
            self.post_message(self.Named(unit))
