"""The keys of the training screen: what each does, and which of them to show when."""

from charrnn_tui.screens.keys import Shown, keys_of
from charrnn_tui.widgets.key_bar import KeyHint

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

    def hint(label: str, importance: int, name: str, shows: bool = True) -> KeyHint | None:
        return KeyHint((keys[name],), label, importance) if shows and name in keys else None

    listed = [
        hint("play it", 9, "training.play", playable),
        hint("epochs", 8, "training.epochs", playable),
        hint("go on" if paused else "pause", 7, "training.pause", live and own),
        hint("stop", 7, "training.stop", live),
        hint("resume", 7, "training.resume", resumable),
        hint("train another", 6, "training.new", not live),
        hint("runs", 5, "training.runs"),
        hint("log", 3, "training.log"),
        hint("back to the text", 8, "training.leave"),
        hint("help", 10, "app.help"),
        hint("quit", 10, "app.quit"),
    ]
    return [shown for shown in listed if shown is not None]
