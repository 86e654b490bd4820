"""The events of a training run on standard error: a progress bar, a line for each epoch, and the samples."""

import math
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn
from rich.text import Text

from charrnn_tui.text.escapes import NEWLINE, escaped
from charrnn_tui.ui.formats import duration_text

_ENDED = {
    "done": "Training finished",
    "early stopping": "Training finished early: validation stopped improving",
    "interrupted": "Training interrupted",
}


class TrainProgress:
    """Shows events; without the progress bar if standard error is not a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            TextColumn("{task.fields[figures]}"),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._progress.add_task("starting", total=None, figures="")
        self._unit = "char"

    def __enter__(self) -> "TrainProgress":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, event: dict[str, Any]) -> None:
        """Shows one event; unknown ones are ignored."""
        shown = _SHOWN.get(event["event"])
        if shown is not None:
            shown(self, event)

    def _say(self, line: str, style: str = "") -> None:
        self._console.print(Text(escaped(line), style=style), soft_wrap=True)

    def _loading(self, event: dict[str, Any]) -> None:
        self._progress.update(self._task, description=f"{escaped(event['message'])}…")

    def _start(self, event: dict[str, Any]) -> None:
        self._unit = event["level"]
        self._say(
            f"{event['name']}: {event['training_tokens']:,} {self._unit}s for training,"
            f" {event['validation_tokens']:,} for validation, {event['vocabulary']} different;"
            f" {event['parameters']:,} parameters, {event['epochs']} epochs"
        )
        self._progress.update(self._task, total=event["steps"], completed=event["done"], description="epoch 1")

    def _step(self, event: dict[str, Any]) -> None:
        figures = (
            f"{event['bits'] or math.nan:.3f} bits/{self._unit} · {event['rate'] or 0:,.0f} {self._unit}s/s"
            f" · {duration_text(event['seconds_left'])} left"
        )
        description = f"epoch {event['epoch']}"
        self._progress.update(self._task, completed=event["step"], description=description, figures=figures)

    def _validating(self, event: dict[str, Any]) -> None:
        self._progress.update(self._task, description=f"epoch {event['epoch']}: validating…")

    def _epoch(self, event: dict[str, Any]) -> None:
        bits = event["validation"]["nats_per_token"] / math.log(2)
        if not event["epoch"]:
            self._say(f"untrained: validation {bits:.3f} bits/{self._unit}")
            return
        training = (event["training"] or math.nan) / math.log(2)
        self._say(
            f"epoch {event['epoch']}/{event['epochs']}: training {training:.3f}, validation {bits:.3f}"
            f" bits/{self._unit}{', best so far' if event['best'] else ''} ({duration_text(event['seconds'])})"
        )

    def _sample(self, event: dict[str, Any]) -> None:
        text = event.get("problem") or f"{event['prompt']}{event['text']}"
        self._say(f"  at {event['temperature']}: {text.replace(chr(10), NEWLINE)}", "dim")

    def _warning(self, event: dict[str, Any]) -> None:
        self._say(f"warning: {event['message']}", "yellow")

    def _finished(self, event: dict[str, Any]) -> None:
        self._progress.stop()
        if not event.get("saved", True):
            self._say(f"Training {event['reason']} before the first step; nothing is saved")
            return
        best = event["best"]
        figure = f", {best / math.log(2):.3f} bits/{self._unit} on validation" if best is not None else ""
        ended = _ENDED.get(event["reason"], f"Training stopped: {event['reason']}")
        hint = "; --resume continues it" if event["reason"] == "interrupted" else ""
        self._say(f"{ended}; saved in {event['folder']}{figure} ({duration_text(event['seconds'])}){hint}")
        sys.stderr.flush()


_SHOWN: dict[str, Callable[[TrainProgress, dict[str, Any]], None]] = {
    "loading": TrainProgress._loading,
    "start": TrainProgress._start,
    "step": TrainProgress._step,
    "validating": TrainProgress._validating,
    "epoch": TrainProgress._epoch,
    "sample": TrainProgress._sample,
    "warning": TrainProgress._warning,
    "finished": TrainProgress._finished,
}
