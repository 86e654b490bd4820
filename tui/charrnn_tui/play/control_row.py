"""One control of the sampler on a line of its own: stepped, typed, turned with the wheel, or reset."""

from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding
from textual.events import Click, Key, MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

_ENDLESS = 1_000_000


@dataclass(frozen=True)
class Range:
    """What a control may be; `start` is what a step from off leads to."""

    least: float
    most: float
    step: float
    whole: bool = False
    start: float | None = None
    reset: float | None = None
    """What a reset sets it to; None switches it off."""

    @property
    def said(self) -> str:
        """`0.05 to 5`, or `0 or more` where the end is too high to matter."""
        return f"{self.least:g} to {self.most:g}" if self.most < _ENDLESS else f"{self.least:g} or more"

    def stepped(self, value: float | None, steps: int) -> float | None:
        """The value after some steps, within the range. A step out of it switches off what can be off."""
        if value is None:
            return self.start if self.start is not None else self.reset
        moved = round(value + steps * self.step, 6)
        if self.reset is None and not self.least <= moved <= self.most:
            return None
        return min(self.most, max(self.least, moved))

    def read(self, typed: str) -> float | None:
        """What was typed, as a number. Raises ValueError, which names the range, for anything else."""
        try:
            value = float(int(typed)) if self.whole else float(typed)
        except ValueError:
            value = float("nan")
        if not self.least <= value <= self.most:
            raise ValueError(f"must be {self.said}")  # short enough for the narrowest panel
        return value


class ControlRow(Widget, can_focus=True):
    """Shows `value`; posts Changed when the user wants another one, which is up to the owner to set."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "control-row--name",
        "control-row--value",
        "control-row--off",
        "control-row--arrow",
        "control-row--problem",
    }
    """The control's name, its value, a value that is off, the arrows to click, and what is wrong."""

    BINDINGS = [
        Binding("down", "walk(1)", "Next control", key_display="↓", id="control.next", tooltip="the next control"),
        Binding("up", "walk(-1)", "Previous control", key_display="↑", id="control.previous",
                tooltip="the control before"),
        Binding("right", "step(1)", "More", key_display="→", id="control.more", tooltip="more"),
        Binding("left", "step(-1)", "Less", key_display="←", id="control.less", tooltip="less"),
        Binding("backspace", "erase", "Reset", id="control.reset", tooltip="reset; while typing: erase"),
        Binding("enter", "take", "Take", id="control.take", tooltip="set the number typed"),
        Binding("escape", "leave", "Leave", id="control.leave", tooltip="back to the text"),
    ]  # fmt: skip

    @dataclass
    class Changed(Message):
        """The user wants another value; None is off."""

        name: str
        value: float | None

    value: reactive[float | None] = reactive(None)
    typed: reactive[str] = reactive("")
    problem: reactive[str] = reactive("")

    def __init__(self, name: str, label: str, range_: Range, places: int) -> None:
        super().__init__(name=name, id=f"control-{name}")
        self._label = label
        self._range = range_
        self._places = places
        self._switch = range_.least == range_.most  # on or off
        self.tooltip = (
            f"{label}: on or off"
            if self._switch
            else f"{label}: {range_.said}. The wheel and ◂ ▸ step it, digits and enter set it, "
            "a double click or backspace resets it"
        )

    def render(self) -> Text:
        style = self.get_component_rich_style
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(f"{self._label:<12}", style("control-row--name"))
        if self.problem:
            return text.append(self.problem, style("control-row--problem"))
        text.append("◂ ", style("control-row--arrow"))
        if self.typed:
            text.append(f"{self.typed}▏", style("control-row--value"))
        elif self.value is None:
            text.append("off", style("control-row--off"))
        else:
            text.append("on" if self._switch else f"{self.value:.{self._places}f}", style("control-row--value"))
        text.append(" ▸", style("control-row--arrow"))
        if self.has_focus and not self._switch and self._range.most < _ENDLESS:
            text.append(f"  {self._range.least:g}–{self._range.most:g}", style("control-row--name"))
        return text

    def _want(self, value: float | None) -> None:
        self.typed, self.problem = "", ""
        if value != self.value:
            self.post_message(self.Changed(self.name or "", value))

    def action_walk(self, step: int) -> None:
        """Goes to the control above or below, if there is one."""
        rows = list(self.parent.query(ControlRow)) if self.parent is not None else [self]
        place = rows.index(self) + step
        if 0 <= place < len(rows):
            rows[place].focus()

    def action_step(self, steps: int) -> None:
        self._want(self._range.stepped(self.value, steps))

    def action_erase(self) -> None:
        if self.problem or self.typed:
            self.problem, self.typed = "", self.typed[:-1]
        else:
            self._want(self._range.reset)

    def action_take(self) -> None:
        if not self.typed:
            return
        try:
            value = self._range.read(self.typed)
        except ValueError as error:
            self.problem = str(error)
            return
        self._want(value)

    def action_leave(self) -> None:
        self.typed, self.problem = "", ""
        self.screen.set_focus(None)

    def on_key(self, event: Key) -> None:
        if event.character and event.character in "0123456789.":
            event.stop()
            event.prevent_default()
            self.problem = ""
            self.typed = (self.typed + event.character)[:12]

    def on_blur(self) -> None:
        self.typed, self.problem = "", ""

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        event.stop()
        self.action_step(1)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        event.stop()
        self.action_step(-1)

    def on_click(self, event: Click) -> None:
        text = self.render().plain
        if event.chain > 1:
            self._want(self._range.reset)
        elif self._switch or ("▸" in text and abs(event.x - text.index("▸")) <= 1):
            self.action_step(1)
        elif "◂" in text and abs(event.x - text.index("◂")) <= 1:
            self.action_step(-1)
