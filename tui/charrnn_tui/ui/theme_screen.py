"""The list of themes. The highlighted one is shown at once; esc puts the one before back."""

from collections.abc import Sequence

from textual.widgets import OptionList
from textual.widgets.option_list import Option

from charrnn_tui.ui.filter_dialog import FilterDialog
from charrnn_tui.ui.theme import CHARRNN, CHARRNN_LIGHT


class ThemeScreen(FilterDialog[None]):
    """Changes the theme of the app."""

    DEFAULT_CSS = """
    ThemeScreen { align: right middle; background: transparent; }
    ThemeScreen #dialog { width: 44; }
    """

    def __init__(self) -> None:
        super().__init__("theme", "dark, light, or a part of a name")
        self._before = ""

    def on_mount(self) -> None:  # comes before that of FilterDialog, which shows the rows
        self._before = self.app.theme

    def rows(self) -> Sequence[Option]:
        """The themes that fit: first the one in force, then the app's own."""
        themes = self.app.available_themes
        own = (CHARRNN.name, CHARRNN_LIGHT.name)
        order = sorted(themes, key=lambda name: (name != self._before, name not in own, name))
        shown = {name: f"{name} · {'dark' if themes[name].dark else 'light'}" for name in order}
        return [Option(line, id=name) for name, line in shown.items() if self.typed.lower() in line]

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_id is not None:
            self.app.theme = event.option_id

    def on_option_list_option_selected(self) -> None:
        self.dismiss(None)

    def action_cancel(self) -> None:
        self.app.theme = self._before
        super().action_cancel()
