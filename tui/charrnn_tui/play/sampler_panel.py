"""The sampler's controls, one to a line."""

from dataclasses import dataclass, replace
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget

from charrnn_engine.sampling.controls import Controls
from charrnn_tui.play.control_row import ControlRow, Range
from charrnn_tui.play.game import MAX_TEMPERATURE, MIN_TEMPERATURE

LARGEST_SEED = 999_999_999_999

TEMPERATURE = Range(MIN_TEMPERATURE, MAX_TEMPERATURE, 0.05, reset=1.0)
ROWS: tuple[tuple[str, str, Range, int], ...] = (
    ("temperature", "temperature", TEMPERATURE, 2),
    ("greedy", "greedy", Range(1, 1, 1, whole=True, start=1), 0),
    ("top_k", "top-k", Range(1, 500, 1, whole=True, start=20), 0),
    ("top_p", "top-p", Range(0.05, 1.0, 0.05, start=0.95), 2),
    ("min_p", "min-p", Range(0.01, 1.0, 0.01, start=0.05), 2),
    ("seed", "seed", Range(0, LARGEST_SEED, 1, whole=True), 0),
)


class SamplerPanel(Widget):
    """Shows Controls and a seed by `show`, and posts what the user wants instead."""

    DEFAULT_CSS = "SamplerPanel { height: auto; }"

    @dataclass
    class ControlsWanted(Message):
        """The next character is to be drawn under these."""

        controls: Controls

    @dataclass
    class SeedWanted(Message):
        """The text is to restart with this seed; None is a random one."""

        seed: int | None

    def __init__(self, controls: Controls, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._controls = controls
        self._rows = {name: ControlRow(name, label, range_, places) for name, label, range_, places in ROWS}

    def compose(self) -> ComposeResult:
        yield from self._rows.values()

    def show(self, controls: Controls, seed: int | None) -> None:
        self._controls = controls
        for name, row in self._rows.items():
            value: Any = seed if name == "seed" else getattr(controls, name)
            row.value = None if value is None or value is False else float(value)

    @on(ControlRow.Changed)
    def _changed(self, event: ControlRow.Changed) -> None:
        event.stop()
        value: Any = event.value
        if event.name == "seed":
            self.post_message(self.SeedWanted(None if value is None else int(value)))
            return
        if event.name == "greedy":
            value = value is not None
        elif event.name == "top_k" and value is not None:
            value = int(value)
        self.post_message(self.ControlsWanted(replace(self._controls, **{event.name: value})))
