"""The training runs of earlier: to look at one, draw some beside it, or throw one away."""

import asyncio
import time
from pathlib import Path
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from charrnn_engine.errors import CharRNNError
from charrnn_engine.runs import runs
from charrnn_tui.text.line_breaks import visible
from charrnn_tui.train.run.desk import TrainingDesk
from charrnn_tui.train.run.watched import JournalRun
from charrnn_tui.ui.choice import ChoiceScreen


class RunsScreen(ModalScreen[None]):
    """Changes what the desk shows and compares; dismissed when that is done."""

    DEFAULT_CSS = """
    RunsScreen { align: center middle; }
    RunsScreen > Vertical {
        width: 84; max-width: 96%; height: auto; max-height: 92%; padding: 0 1; background: $surface;
        border: round $primary; border-title-color: $text-accent; border-subtitle-color: $text-muted;
    }
    RunsScreen OptionList, RunsScreen OptionList:focus {
        height: auto; max-height: 100%; border: none; padding: 0; background: $surface; background-tint: transparent;
    }
    RunsScreen OptionList:focus > .option-list--option-highlighted {
        background: $primary 35%; color: $foreground; text-style: bold;
    }
    RunsScreen Label { width: 1fr; color: $text-muted; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "compare", "Compare", id="runs.compare", tooltip="draw this run's loss beside the other"),
        Binding("delete,d", "discard", "Throw away", id="runs.discard", tooltip="throw the run and its model away"),
        Binding("escape,l,q", "leave", "Close", id="runs.close", tooltip="back to the training", key_display="esc"),
    ]

    def __init__(self, desk: TrainingDesk) -> None:
        super().__init__()
        self._desk = desk
        self._known: dict[str, tuple[runs.Run, JournalRun]] = {}
        self._list = OptionList()
        self._said = Label("looking …", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "training runs"
            box.border_subtitle = "enter shows · space compares · d throws away · esc closes"
            yield self._list
            yield self._said

    def on_mount(self) -> None:
        self._list.focus()
        self._look()

    @work(exclusive=True)
    async def _look(self) -> None:
        found = await asyncio.to_thread(lambda: [(run, JournalRun(run)) for run in self._desk.known()])
        self._known = {str(run.out): (run, journal) for run, journal in found}
        at = self._list.highlighted
        self._list.set_options([Option(self._row(run, journal), id=str(run.out)) for run, journal in found])
        if found:
            self._list.highlighted = min(at or 0, len(found) - 1)
        self._said.update("" if found else "There are no runs yet: esc, then n trains a model.")
        self._said.display = not found

    def _row(self, run: runs.Run, journal: JournalRun) -> Table:
        row = Table.grid(padding=(0, 1), expand=True)
        row.add_column(width=3)
        row.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        row.add_column(width=11)
        row.add_column(justify="right", width=10)
        row.add_column(justify="right", width=16)
        shown = self._desk.shown is not None and self._desk.shown.out == run.out
        mark = ("●" if shown else " ") + ("∿" if run.out in self._desk.compared else " ")
        history, best = journal.history, journal.history.best
        figure = f"{best.validation:.3f}" if best is not None and best.validation is not None else ""
        state = history.state.value if not journal.live else f"▶ {history.fraction:.0%}"
        row.add_row(mark, Text(visible(run.name)), Text(state, "dim"), figure, Text(_when(run.events), "dim"))
        return row

    @property
    def _highlighted(self) -> tuple[runs.Run, JournalRun] | None:
        option = self._list.highlighted_option
        return None if option is None else self._known.get(option.id or "")

    @on(OptionList.OptionSelected)
    def _show(self, event: OptionList.OptionSelected) -> None:
        known = self._known.get(event.option_id or "")
        if known is not None:
            self._desk.show(known[0])
            self.dismiss(None)

    def action_compare(self) -> None:
        known = self._highlighted
        if known is not None:
            self._desk.compare(known[0])
            self._list.replace_option_prompt(str(known[0].out), self._row(*known))

    def action_discard(self) -> None:
        known = self._highlighted
        if known is None:
            return
        run = known[0]

        def chosen(answer: str | None) -> None:
            if answer == "discard":
                self._discard(run)

        self.app.push_screen(
            ChoiceScreen(
                f"throw {run.name} away?",
                f"The run, its saved epochs and the model in {run.out} are deleted.",
                [("keep", "keep it"), ("discard", "throw it away for good")],
            ),
            chosen,
        )

    def _discard(self, run: runs.Run) -> None:
        try:
            self._desk.discard(run)  # a few dozen files: sooner done than a thread is started
        except (CharRNNError, OSError) as error:
            self._said.update(str(error))
            self._said.display = True
            return
        self._look()

    def action_leave(self) -> None:
        self.dismiss(None)


def _when(file: Path) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(file.stat().st_mtime))
    except OSError:
        return ""
