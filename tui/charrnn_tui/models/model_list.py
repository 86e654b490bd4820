"""The list of models: one line each, up to a limit, with the cursor on one of them. Reads nothing."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from charrnn_tui.models.listing import ModelEntry
from charrnn_tui.text.escapes import one_line

MOST = 100


class ModelList(Vertical):
    """Shows the first models of a list, and how many more there are."""

    DEFAULT_CSS = """
    ModelList { height: 1fr; }
    ModelList #models-list { height: 1fr; }
    ModelList #models-list > .option-list--option-highlighted {
        background: $primary 35%; color: $foreground; text-style: bold;
    }
    ModelList #models-more { width: 1fr; padding: 0 1; color: $text-muted; display: none; }
    ModelList #models-more.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.entries: Sequence[ModelEntry] = ()
        """The models shown."""
        self._options = OptionList(id="models-list")
        self._options.can_focus = False
        self._more = Label("", id="models-more")

    def compose(self) -> ComposeResult:
        yield self._options
        yield self._more

    @property
    def highlighted(self) -> ModelEntry | None:
        """The model under the cursor."""
        at = self._options.highlighted
        return self.entries[at] if at is not None and at < len(self.entries) else None

    def show(self, entries: Sequence[ModelEntry], wanted: ModelEntry | None) -> None:
        """Shows models, with the cursor on the one wanted if it is among them, otherwise on the first."""
        shown = [*entries[:MOST]]
        if wanted is not None and wanted in entries and wanted not in shown:
            shown = [wanted, *shown[:-1]]
        self.entries = shown
        options = self._options
        options.set_options([Option(_row(entry), id=entry.key) for entry in shown])
        options.highlighted = shown.index(wanted) if wanted in shown else 0 if shown else None
        self._more.update(f"… and {len(entries) - len(shown):,} more; type to filter")
        self._more.set_class(len(entries) > len(shown), "-shown")

    def show_again(self, entry: ModelEntry) -> None:
        """Shows a model again, if it is in the list, after something about it has changed."""
        if entry in self.entries:
            self._options.replace_option_prompt(entry.key, _row(entry))

    def move(self, step: int) -> None:
        """Moves the cursor. A single step goes on at the other end; a longer one stops there."""
        if self.entries:
            last = len(self.entries) - 1
            at = (self._options.highlighted or 0) + step
            self._options.highlighted = at % (last + 1) if abs(step) == 1 else min(max(at, 0), last)


def _row(entry: ModelEntry) -> Table:
    """A symbol, the name, and bits per character."""
    row = Table.grid(padding=(0, 1), expand=True)
    row.add_column(width=1)
    row.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    row.add_column(no_wrap=True, justify="right")
    broken = entry.problem is not None
    symbol = "✗" if broken else "●" if entry.is_current else "*" if entry.is_default else ""
    figure = "broken" if broken else "" if entry.bits is None else f"{entry.bits:.2f}"
    style = "dim" if broken else ""
    row.add_row(Text(symbol, style), Text(one_line(entry.name), style), Text(figure, "dim"))
    return row
