"""What all dialogs share: a box over the screen with a title, its keys along the bottom edge, and esc to cancel."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.markup import escape
from textual.screen import ModalScreen, ScreenResultType

from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown, shown_keys


class Dialog(ModalScreen[ScreenResultType | None]):
    """A titled box; dismissed with an answer, or with None by esc.

    A subclass yields what is in the box from `compose_box`, and names its own keys in `hints`: they stand at the
    bottom of the box, under the names that the user has given them, before `esc cancel`. In CSS the box is
    `#dialog`: `SaveScreen #dialog { width: 68; }`. An OptionList in it needs no style of its own. Ctrl-C quits the
    app from any dialog; the app sees to that.
    """

    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog > #dialog {
        width: 66; max-width: 96%; height: auto; max-height: 92%; padding: 1 2; background: $surface;
        border: round $primary; border-title-color: $text-accent; border-subtitle-color: $text-muted;
    }
    Dialog OptionList, Dialog OptionList:focus {
        height: auto; max-height: 100%; border: none; padding: 0; background: $surface;
        background-tint: transparent; scrollbar-size-vertical: 1;
    }
    Dialog OptionList > .option-list--option { padding: 0 1; }
    Dialog OptionList > .option-list--option-highlighted { background: $panel; color: $text-accent; }
    Dialog OptionList:focus > .option-list--option-highlighted {
        background: $primary 35%; color: $foreground; text-style: bold;
    }
    """

    BINDINGS = [Binding("escape", "cancel", "Cancel", id="dialog.close", tooltip="cancel, or close")]
    CANCEL = "cancel"
    """What esc does, as the hint says it: `cancel` for a change, `close` for a view."""
    SCROLLS = False
    """Whether the arrow keys scroll the box itself: for text that is longer than the screen."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._box = VerticalScroll(id="dialog") if self.SCROLLS else Vertical(id="dialog")
        self._box.border_title = escape(title)

    def compose(self) -> ComposeResult:
        with self._box:
            yield from self.compose_box()

    def compose_box(self) -> ComposeResult:
        """The widgets in the box."""
        raise NotImplementedError

    def hints(self, keys: Shown) -> Iterable[KeyHint | None]:
        """The keys to name besides esc; `keys` are those that work now."""
        return ()

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, lambda _: self.show_hints())
        self.show_hints()

    def show_hints(self) -> None:
        """Names the keys again: for when what they do has changed."""
        keys = shown_keys(self)
        cancel = KeyHint((keys["dialog.close"],), self.CANCEL) if "dialog.close" in keys else None
        shown = [hint for hint in (*self.hints(keys), cancel) if hint is not None]
        named = [f"{''.join(key for key, _ in hint.keys)} {hint.label}" for hint in shown]
        self._box.border_subtitle = escape(" · ".join(named))

    def action_cancel(self) -> None:
        self.dismiss(None)
