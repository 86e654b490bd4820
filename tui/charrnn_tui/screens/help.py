"""What the keys do, made from the bindings of the screen that asked."""

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Label, Static


class HelpScreen(ModalScreen[None]):
    """Lists key and effect; any of the usual keys closes it."""

    BINDINGS = [
        Binding("escape,question_mark,q,enter,space", "dismiss", "Close", key_display="esc", id="help.close"),
    ]

    def __init__(self, bindings: list[Binding], about: str = "") -> None:
        """`about` is what there is to know of the screen besides its keys."""
        super().__init__()
        self._bindings_shown = bindings
        self._about = about

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as box:
            box.border_title = "keys"
            box.border_subtitle = "esc closes"
            yield Static(self._table(), id="help-keys")
            if self._about:
                yield Label(self._about, id="help-text", markup=False)

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, justify="right")
        table.add_column()
        for binding in self._bindings_shown:
            keys = binding.key_display or " ".join(
                self.app.get_key_display(Binding(key, "")) for key in binding.key.split(",")
            )
            table.add_row(Text(keys, "bold"), Text(binding.tooltip or binding.description))
        return table
