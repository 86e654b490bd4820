"""The keys of the training screen: what each does, and which of them to show when."""

from charrnn_tui.ui.key_bar import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of, keys_of, those_there

_key = keys_of("training")

TRAINING_KEYS = [
    _key("space", "pause", "Pause", "pause the training and go on: it saves itself first"),
    _key("enter", "play", "Play", "play the model as far as it has learnt; training goes on"),
    _key("e", "epochs", "Epochs", "what it writes after each epoch, from the same prompt and the same random draws"),
    _key("x", "stop", "Stop", "stop the training: keep what it has learnt, or throw it away"),
    _key("z", "resume", "Resume", "go on with a run that was stopped"),
    _key("n", "new", "New", "train a new model"),
    _key("l", "runs", "Runs", "the runs of earlier: look at one, compare some, resume or throw away"),
    _key("v", "log", "Log", "what the training process has said besides"),
    _key("escape,t", "leave", "Leave", "back to the text; training goes on", "esc"),
]


def training_hints(
    keys: Shown, *, live: bool, own: bool, paused: bool, playable: bool, resumable: bool
) -> list[KeyHint]:
    """What matters now, in the order shown."""

    hint = hints_of(keys, "training")
    listed = [
        hint("play it", 9, "play") if playable else None,
        hint("epochs", 8, "epochs") if playable else None,
        hint("go on" if paused else "pause", 7, "pause") if live and own else None,
        hint("stop", 7, "stop") if live else None,
        hint("resume", 7, "resume") if resumable else None,
        hint("train another", 6, "new") if not live else None,
        hint("runs", 5, "runs"),
        hint("log", 3, "log"),
        hint("back to the text", 8, "leave"),
        hint("help", 10, "app.help"),
        hint("quit", 10, "app.quit"),
    ]
    return those_there(listed)
