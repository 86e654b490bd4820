"""The keys of the training set-up: what each does, and which of them to name in the key bar."""

from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of, keys_of, those_there

_key = keys_of("setup")

SETUP_KEYS = [
    _key("ctrl+s", "start", "Start", "start training", "^s"),
    _key("ctrl+o", "browse", "Browse", "look for the text in your folders", "^o"),
    _key("ctrl+r", "reset", "Reset", "put all options back to the values of the preset", "^r"),
    _key("ctrl+y", "copy", "Copy", "copy the command for a shell", "^y"),
    _key("escape", "leave", "Leave", "close; what you have typed is kept", "esc"),
]


def setup_hints(keys: Shown, *, in_path: bool, found: bool, in_choice: bool) -> list[KeyHint]:
    """The keys that work now, in the order shown. `found`: the corpus can be read."""
    hint = hints_of(keys, "setup")
    completing = in_path and not found
    listed = [
        KeyHint((("enter", ""),), "continue", 8) if in_path and found else None,
        KeyHint((("tab", ""),), "complete", 7) if completing else None,
        KeyHint((("↑↓", ""),), "matches", 6) if completing else None,
        KeyHint((("←→", ""),), "choose", 6) if in_choice else None,
        hint("start", 9, "start"),
        hint("browse", 8 if completing else 4, "browse"),
        KeyHint((("tab", "app.focus_next"),), "next", 5) if found else None,
        hint("reset", 6, "reset"),
        hint("copy command", 5, "copy"),
        hint("close", 10, "leave"),
    ]
    return those_there(listed)
