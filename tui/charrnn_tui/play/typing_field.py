"""Takes the keys while a text is typed into: every printable key is text then, and no key of the app works."""

from dataclasses import dataclass

from textual.binding import Binding
from textual.events import Blur, Key, Paste
from textual.message import Message
from textual.widget import Widget

from charrnn_tui.ui.key_bar import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of, those_there


class TypingField(Widget, can_focus=False):
    """Has the focus while the user types, and takes no room. It passes on what was pressed."""

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

    @dataclass
    class Typed(Message):
        """Text was typed or pasted."""

        text: str

    @dataclass
    class Erased(Message):
        """The character before the cursor is to go, or the one `ahead` of it."""

        ahead: bool

    @dataclass
    class Moved(Message):
        """The cursor is to move."""

        unit: str
        step: int

    class Left(Message):
        """The user has stopped typing."""

    def begin(self) -> None:
        self.can_focus = True
        self.focus()

    def end(self) -> None:
        if self.has_focus:
            self.screen.set_focus(None)
        self.can_focus = False

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return key not in self._bindings.key_to_bindings

    def on_key(self, event: Key) -> None:
        if event.key in self._bindings.key_to_bindings:
            return
        event.stop()
        event.prevent_default()
        if event.is_printable and event.character:
            self.post_message(self.Typed(event.character))

    def on_paste(self, event: Paste) -> None:
        event.stop()
        event.prevent_default()
        self.post_message(self.Typed(event.text.replace("\r\n", "\n").replace("\r", "\n")))

    def on_blur(self, event: Blur) -> None:
        self.post_message(self.Left())

    def action_leave(self) -> None:
        self.end()

    def action_erase(self, ahead: bool) -> None:
        self.post_message(self.Erased(ahead))

    def action_type_newline(self) -> None:
        self.post_message(self.Typed("\n"))

    def action_move(self, unit: str, step: int) -> None:
        self.post_message(self.Moved(unit, step))


def typing_hints(keys: Shown, reads: bool) -> list[KeyHint]:
    """The keys to name while the user types; `reads` says whether the text goes on with one that is read."""
    hint = hints_of(keys, "typing")
    return those_there(
        [
            hint("done", 9, "done"),
            hint("take back", 8, "take-back"),
            hint("leave out the next", 7, "leave-out") if reads else None,
            hint("new line", 6, "new-line"),
            hint("move", 5, "previous-character", "next-character"),
        ]
    )
