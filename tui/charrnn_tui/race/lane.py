"""One lane of a race: what it runs with, its text and its figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive

from charrnn_engine.generation.race import Lane, Stretch
from charrnn_tui.race.lane_figures import Heading, LaneFoot, LaneHead
from charrnn_tui.race.lane_page import LanePage
from charrnn_tui.race.lane_text import Figures, LaneText
from charrnn_tui.text.colouring import temperature_level


class LaneView(Vertical):
    """Shows one engine lane; `show` gives it another."""

    DEFAULT_CSS = """
    LaneView {
        height: 1fr; background: $background;
        LaneHead { height: 1; background: $panel; }
        LanePage { height: 1fr; background: $background; color: $foreground; scrollbar-size-vertical: 0; }
        LaneFoot { height: 5; padding: 0 1; background: $surface; }
        .lane-head--number { color: $text-muted; }
        .lane-page--shared { background: $primary-muted; }
        .lane-page--parting { color: auto 90%; background: $accent; text-style: bold underline; }
        .lane-foot--name { color: $text-muted; }
        .lane-foot--value { color: $foreground; }
        .lane-foot--parting { color: $text-accent; text-style: bold; }
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
        """The reader clicked on the lane."""

        lane: Lane

    selected: reactive[bool] = reactive(False)

    def __init__(self, lane: Lane) -> None:
        super().__init__()
        self._head = LaneHead()
        self.page = LanePage()
        """Its text."""
        self._foot = LaneFoot()
        self._text = LaneText(lane)

    def compose(self) -> ComposeResult:
        yield self._head
        yield self.page
        yield self._foot

    def on_mount(self) -> None:
        if not len(self.page.page):  # else the lane has drawn already, and its text stands there
            self.show(self.lane)

    @property
    def lane(self) -> Lane:
        return self._text.lane

    def show(self, lane: Lane) -> None:
        """Another lane, whose text begins."""
        self._text = LaneText(lane)
        self.page.clear()
        self.page.write_prompt(lane.prompt)
        self.page.parting = None
        self._foot.figures = Figures()

    def write(self, stretches: Sequence[Stretch]) -> None:
        if not len(self.page.page):
            self.page.write_prompt(self.lane.prompt)
        self.page.write(*self._text.take(stretches))

    def show_heading(self, number: int, name: str) -> None:
        lane = self.lane
        state = "∎" if lane.ended else ""
        self._head.heading = Heading(number, name, temperature_level(lane.controls), state)

    def show_parting(self, left: Lane | None, parting: int | None) -> None:
        """Where it parts from the lane on its left; None while they agree."""
        same_prompt = left is not None and left.prompt == self.lane.prompt
        self.page.shared = same_prompt
        if left is None:
            self.page.parting, self._foot.parts = None, None
        elif not same_prompt:
            self.page.parting, self._foot.parts = None, "the prompt"
        elif parting is None:
            self.page.parting, self._foot.parts = None, "–"
        elif self.page.parting is None or self._foot.parts != f"{parting + 1:,}":
            self.page.parting, self._foot.parts = self._text.span(parting), f"{parting + 1:,}"

    def show_figures(self) -> None:
        self._foot.figures = self._text.figures()

    def watch_selected(self, selected: bool) -> None:
        self.set_class(selected, "-selected")

    def on_click(self, event: Click) -> None:
        event.stop()
        self.post_message(self.Selected(self.lane))
