"""Gives the text that is played the latest weights while its model is being trained. Knows no widget."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from charrnn_engine.errors import CheckpointError
from charrnn_engine.runs.folder import live_folder
from charrnn_tui.train.run.run import Run

if TYPE_CHECKING:
    from charrnn_engine.network.model import CharRNN


class PlayedText(Protocol):
    """What this needs of the screen that plays."""

    model_name: str | None
    """What its model was opened by."""

    @property
    def playing(self) -> bool: ...
    def open_model(self, name: str | None, prompt: str | None = None, seed: int | None = None) -> object: ...
    def replace_model(self, model: "CharRNN", name: str) -> None: ...


class Following:
    """Follows while the live model of a run is played. A paused text keeps its weights."""

    def __init__(self, play: PlayedText) -> None:
        self._play = play
        self._seen: tuple[str, int] | None = None
        self.status = ""
        """How far training has come, for the title; empty if no run is followed."""

    async def update(self, runs: Iterable[Run | None]) -> None:
        """Call it a few times a second."""
        live = self._play.model_name
        run = next((run for run in runs if run is not None and str(live_folder(run.out)) == live), None)
        if run is None:
            self.status = ""
        elif self._play.playing and (checkpoint := run.playable) is not None:
            model = await asyncio.to_thread(self._fresh, checkpoint)
            if model is not None and self._play.model_name == live:
                # Once the run is over this is its best model, and there is nothing more to follow.
                self._play.replace_model(model, checkpoint)
                loss = run.history.loss
                figure = f" · {loss:.2f} bits" if loss is not None else ""
                self.status = f"step {run.history.step:,}{figure}"

    def _fresh(self, checkpoint: str) -> "CharRNN | None":
        """The model in a checkpoint, None if it hasn't changed. Reads the disk."""
        from charrnn_engine.checkpoints.store import find_checkpoint, load

        try:
            seen = checkpoint, find_checkpoint(Path(checkpoint)).stat().st_mtime_ns
            if seen == self._seen:
                return None
            model = load(Path(checkpoint))
        except (CheckpointError, OSError):  # just deleted, because the run has ended
            return None
        self._seen = seen
        return model
