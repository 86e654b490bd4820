"""The keys of the set-up of a training run: what each does, and which of them to show when."""

from charrnn_tui.ui.key_bar import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of, keys_of, those_there

_key = keys_of("setup")

SETUP_KEYS = [
    _key("ctrl+s", "start", "Start", "start the training run", "^s"),
    _key("ctrl+o", "browse", "Browse", "look for the text in your folders", "^o"),
    _key("ctrl+t", "fold", "Options", "show and hide all the other options", "^t"),
    _key("ctrl+r", "reset", "Reset", "the option under the cursor back to the preset's value; elsewhere all", "^r"),
    _key("escape", "leave", "Leave", "leave; what was typed is kept", "esc"),
]


def setup_hints(
    keys: Shown, *, in_path: bool, found: bool, in_choice: bool, ready: bool, changed: bool
) -> list[KeyHint]:
    """What matters now, in the order shown. `found`: there is a corpus to go on with; `changed`: some option is."""

    hint = hints_of(keys, "setup")
    listed = [
        KeyHint((("enter", ""),), "go on", 8) if in_path and found else None,
        KeyHint((("tab", ""),), "complete", 7) if in_path and not found else None,
        KeyHint((("↑↓", ""),), "matches", 6) if in_path and not found else None,
        KeyHint((("←→", ""),), "choose", 6) if in_choice else None,
        hint("start", 9, "start") if ready else None,
        hint("browse", 8 if in_path and not found else 4, "browse"),
        KeyHint((("tab", "app.focus_next"),), "next", 5) if found else None,
        hint("options", 6, "options") if found else None,
        hint("reset", 5, "reset") if changed else None,
        hint("leave", 10, "leave"),
    ]
    return those_there(listed)
