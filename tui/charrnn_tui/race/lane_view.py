"""One lane of a race on the screen: what it runs with, its text and its figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive

from charrnn_engine.generation.race import Lane, Stretch
from charrnn_tui.race.lane_labels import Heading, LaneFoot, LaneHead
from charrnn_tui.race.lane_output import Figures, LaneOutput
from charrnn_tui.race.lane_page import LanePage
from charrnn_tui.text.colouring import temperature_level
from charrnn_tui.text.escapes import EOS


class LaneView(Vertical):
    """Shows the output of one lane; `show` shows another."""

    DEFAULT_CSS = """
    LaneView {
        height: 1fr; background: $background;
        LaneHead { height: 1; background: $panel; }
        LanePage { height: 1fr; background: $background; color: $foreground; scrollbar-size-vertical: 0; }
        LaneFoot { height: 5; padding: 0 1; background: $surface; }
        .lane-head--number { color: $text-muted; }
        .lane-page--shared { background: $primary-muted; }
        .lane-page--difference { color: auto 90%; background: $accent; text-style: bold underline; }
        .lane-foot--name { color: $text-muted; }
        .lane-foot--value { color: $foreground; }
        .lane-foot--difference { color: $text-accent; text-style: bold; }
        .lane-head--temperature-0 { color: $temperature-0; text-style: bold italic; }
        .lane-head--temperature-1 { color: $temperature-1; text-style: bold; }
        .lane-head--temperature-2 { color: $temperature-2; text-style: bold; }
        .lane-head--temperature-3 { color: $temperature-3; text-style: bold; }
        .lane-head--temperature-4 { color: $temperature-4; text-style: bold; }
        .lane-head--temperature-5 { color: $temperature-5; text-style: bold; }
        .lane-head--temperature-6 { color: $temperature-6; text-style: bold; }
        .lane-head--temperature-7 { color: $temperature-7; text-style: bold; }
        .lane-head--temperature-8 { color: $temperature-8; text-style: bold; }
    }
    LaneView.-selected {
        background: $surface;
        LaneHead { background: $primary 35%; }
        LanePage { background: $surface; }
        LaneFoot { background: $panel; }
        .lane-head--number { color: auto 90%; background: $accent; text-style: bold; }
    }
    """

    @dataclass
    class Selected(Message):
        """The user clicked on the lane."""

        lane: Lane

    selected: reactive[bool] = reactive(False, toggle_class="-selected")

    def __init__(self, output: LaneOutput) -> None:
        super().__init__()
        self.output = output
        self.page = LanePage(output)
        """Its text."""
        self._head = LaneHead()
        self._foot = LaneFoot()

    def compose(self) -> ComposeResult:
        yield self._head
        yield self.page
        yield self._foot

    @property
    def lane(self) -> Lane:
        return self.output.lane

    def show(self, output: LaneOutput) -> None:
        """Shows another lane, whose text begins now."""
        self.output = output
        self.page.show(output)
        self._foot.figures = Figures()

    def write(self, stretches: Sequence[Stretch]) -> None:
        self.page.add(*self.output.take(stretches))

    def show_heading(self, number: int, names: Sequence[str]) -> None:
        lane = self.lane
        self._head.heading = Heading(number, names, temperature_level(lane.controls), EOS if lane.ended else "")

    def show_difference(self, left: Lane | None, position: int | None) -> None:
        """Shows where the lane first differs from the one on its left; None while they agree."""
        same_prompt = left is not None and left.prompt == self.lane.prompt
        self.page.shared, self._foot.same_prompt = same_prompt, same_prompt or left is None
        text = None if left is None else "–" if position is None else f"{position + 1:,}"
        if not same_prompt or position is None:
            self.page.difference = None
        elif self.page.difference is None or self._foot.difference != text:
            self.page.difference = self.output.span(position)
        self._foot.difference = text

    def show_figures(self) -> None:
        self._foot.figures = self.output.figures()

    def on_click(self, event: Click) -> None:
        event.stop()
        self.post_message(self.Selected(self.lane))
