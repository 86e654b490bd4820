"""Earlier training runs: to show one, to compare some, or to delete one."""

import asyncio
import time
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from charrnn_tui.text.escapes import one_line
from charrnn_tui.train.run.run import Run
from charrnn_tui.train.run.screen import RunsUpdated, ask_to_delete
from charrnn_tui.train.run.training_runs import TrainingRuns
from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of


class EarlierRunsScreen(Dialog[None]):
    """Changes which runs are shown and compared; dismissed when one is chosen."""

    DEFAULT_CSS = """
    EarlierRunsScreen > #dialog { width: 84; padding: 0 1; }
    EarlierRunsScreen Label { width: 1fr; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "compare", "Compare", id="runs.compare", tooltip="draw the loss of this run too, or not"),
        Binding("delete,d", "delete", "Delete", id="runs.delete", tooltip="delete the run and its model",
                key_display="d"),
        Binding("l,q", "cancel", "Close", id="runs.close", tooltip="close"),
    ]  # fmt: skip
    CANCEL = "close"

    def __init__(self, runs: TrainingRuns) -> None:
        super().__init__("earlier runs")
        self._runs = runs
        self._found: dict[str, Run] = {}
        self._list = OptionList()
        self._note = Label("reading…", markup=False)

    def compose_box(self) -> ComposeResult:
        yield self._list
        yield self._note

    def hints(self, keys: Shown) -> list[KeyHint | None]:
        hint = hints_of(keys, "runs")
        return [KeyHint((("enter", ""),), "show"), hint("compare", 0, "compare"), hint("delete", 0, "delete")]

    def on_mount(self) -> None:
        self._list.focus()
        self._read()

    @on(RunsUpdated)
    def _updated(self, event: RunsUpdated) -> None:
        if event.update.deleted or event.update.problems:
            self._read("; ".join(event.update.problems))

    @work(exclusive=True)
    async def _read(self, problem: str = "") -> None:
        found = await asyncio.to_thread(self._runs.known)
        self._found = {str(run.out): run for run in found}
        at = self._list.highlighted
        self._list.set_options([Option(self._row(run), id=str(run.out)) for run in found])
        if found:
            self._list.highlighted = min(at or 0, len(found) - 1)
        self._note.update(problem or ("" if found else "No runs yet."))
        self._note.display = bool(problem or not found)

    def _row(self, run: Run) -> Content:
        shown = self._runs.shown is not None and self._runs.shown.out == run.out
        marks = ("●" if shown else " ") + ("∿" if run.out in self._runs.compared else " ")
        history, best = run.history, run.history.best
        figure = f"{best.validation:.3f}" if best is not None else ""
        state = "deleting…" if run.out in self._runs.deleting else history.state.value
        if run.live:
            state = f"▶ {history.fraction:.0%}"
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.modified)) if run.modified else ""
        name = Content(one_line(run.out.name)).truncate(self._columns, ellipsis=True, pad=True)
        return Content.assemble(f"{marks} ", name, (f" {state:<11} {figure:>7}  ", ""), (when, "dim"))

    @property
    def _columns(self) -> int:
        """The width of a name: what the state, the loss and the date leave of it."""
        return max(10, self._list.size.width - 44)

    @property
    def _highlighted(self) -> Run | None:
        option = self._list.highlighted_option
        return None if option is None else self._found.get(option.id or "")

    @on(OptionList.OptionSelected)
    def _show(self, event: OptionList.OptionSelected) -> None:
        run = self._found.get(event.option_id or "")
        if run is not None:
            self._runs.show(run)
            self.dismiss(None)

    def action_compare(self) -> None:
        run = self._highlighted
        if run is not None:
            self._runs.compare(run)
            self._list.replace_option_prompt(str(run.out), self._row(run))

    def action_delete(self) -> None:
        run = self._highlighted
        if run is not None:
            ask_to_delete(self, self._runs, run)
