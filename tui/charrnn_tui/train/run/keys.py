"""The keys of the training screen: what each does, and which of them to name in the key bar."""

from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of, keys_of, those_there

_key = keys_of("training")

TRAINING_KEYS = [
    _key("space", "pause", "Pause", "pause and resume training; it saves first"),
    _key("enter", "play", "Play", "play the model as it is now: it gets better while it writes"),
    _key("e", "epochs", "Epochs", "compare what each epoch writes, from the same prompt and seed"),
    _key("x", "stop", "Stop", "stop training, and save or delete the run"),
    _key("z", "resume", "Resume", "resume a run that was stopped"),
    _key("n", "new", "New", "train a new model"),
    _key("l", "runs", "Runs", "earlier runs: show, compare or delete one"),
    _key("v", "log", "Log", "the log of the training process"),
    _key("escape,t", "leave", "Leave", "back to the text; training continues", "esc"),
]


def training_hints(keys: Shown, *, paused: bool) -> list[KeyHint]:
    """The keys that work now, in the order shown."""
    hint = hints_of(keys, "training")
    listed = [
        hint("play", 9, "play"),
        hint("epochs", 8, "epochs"),
        hint("resume" if paused else "pause", 7, "pause"),
        hint("stop", 7, "stop"),
        hint("resume", 7, "resume"),
        hint("train another", 6, "new"),
        hint("runs", 5, "runs"),
        hint("log", 3, "log"),
        hint("close", 8, "leave"),
        hint("help", 10, "app.help"),
        hint("quit", 10, "app.quit"),
    ]
    return those_there(listed)
