"""Takes the keys while the user types into a text. Every printable key is text then, and no key of the app works."""

from textual.binding import Binding
from textual.events import Key, Paste
from textual.widget import Widget

from charrnn_tui.play.edits import Edits
from charrnn_tui.ui.focus import closes, has_focus, take_focus
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of, those_there


class TypingField(Widget, can_focus=False):
    """Has the focus while the user types, and takes no room on the screen. What is typed goes to `edits`."""

    DEFAULT_CSS = "TypingField { height: 0; }"
    BINDINGS = [
        Binding("escape", "leave", "Done", id="typing.done", tooltip="stop typing"),
        Binding("backspace", "erase(False)", "Take back", id="typing.take-back", key_display="⌫"),
        Binding("delete", "erase(True)", "Leave out", id="typing.leave-out", key_display="del"),
        Binding("enter", "type_newline", "New line", id="typing.new-line"),
        *(
            Binding(keys, f"move('{unit}', {step})", f"{name} {unit}", id=f"typing.{name.lower()}-{unit}")
            for keys, unit, step, name in (
                ("right", "character", 1, "Next"),
                ("left", "character", -1, "Previous"),
                ("ctrl+right", "word", 1, "Next"),
                ("ctrl+left", "word", -1, "Previous"),
                ("down,ctrl+down", "line", 1, "Next"),
                ("up,ctrl+up", "line", -1, "Previous"),
            )
        ),
    ]

    def __init__(self, edits: Edits) -> None:
        super().__init__()
        self._edits = edits

    def begin(self) -> None:
        self._edits.begin()
        take_focus(self)

    @property
    def is_open(self) -> bool:
        return has_focus(self)

    def action_leave(self) -> None:
        self.screen.set_focus(None)

    def on_blur(self) -> None:
        if closes(self):
            self._edits.end()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return key not in self._bindings.key_to_bindings

    def on_key(self, event: Key) -> None:
        if event.key in self._bindings.key_to_bindings:
            return
        event.stop()
        event.prevent_default()
        if event.is_printable and event.character:
            self._edits.type(event.character)

    def on_paste(self, event: Paste) -> None:
        event.stop()
        event.prevent_default()
        self._edits.type(event.text.replace("\r\n", "\n").replace("\r", "\n"))

    def action_erase(self, ahead: bool) -> None:
        self._edits.erase(ahead)

    def action_type_newline(self) -> None:
        self._edits.type("\n")

    def action_move(self, unit: str, step: int) -> None:
        self._edits.move(unit, step)


def typing_hints(keys: Shown, reads: bool) -> list[KeyHint]:
    """The keys to name while the user types; `reads` says whether the model is reading a text."""
    hint = hints_of(keys, "typing")
    return those_there(
        [
            hint("done", 9, "done"),
            hint("erase", 8, "take-back"),
            hint("delete next", 7, "leave-out") if reads else None,
            hint("new line", 6, "new-line"),
            hint("move", 5, "previous-character", "next-character"),
        ]
    )
