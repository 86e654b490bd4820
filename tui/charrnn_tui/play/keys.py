"""The keys of the play screen: what each does, and which of them to show when."""

from textual.binding import Binding

from charrnn_tui.ui.key_bar import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of, keys_of, those_there

_key = keys_of("play")

PLAY_KEYS = [
    _key("up", "temperature(0.05)", "Warmer", "temperature up by 0.05", "↑"),
    _key("down", "temperature(-0.05)", "Colder", "temperature down by 0.05", "↓"),
    _key("shift+up", "temperature(0.25)", "Much warmer", "temperature up by 0.25", "⇧↑"),
    _key("shift+down", "temperature(-0.25)", "Much colder", "temperature down by 0.25", "⇧↓"),
    _key("g", "greedy", "Greedy", "greedy on and off: always the most probable character"),
    _key("space", "pause", "Pause", "pause and go on"),
    _key("right", "forward", "One on", "paused: one character on", "→"),
    _key("left", "back", "One back", "paused: one character back", "←"),
    _key("ctrl+right", "word(1)", "Word on", "paused: one word on", "⌃→"),
    _key("ctrl+left", "word(-1)", "Word back", "paused: one word back", "⌃←"),
    _key("ctrl+down", "line(1)", "Line on", "paused: one line on", "⌃↓"),
    _key("ctrl+up", "line(-1)", "Line back", "paused: one line back", "⌃↑"),
    _key("r", "again", "Again", "again from the same prompt, with a new random seed"),
    _key("p", "prompt", "Prompt", "edit the prompt; Enter restarts with it, Escape leaves it"),
    _key("left_square_bracket", "speed(-1)", "Slower", "slower", "["),
    _key("right_square_bracket", "speed(1)", "Faster", "faster, up to as fast as it goes", "]"),
    _key("e", "endless", "End", "at the end of a text (∎): stop, or go on with the next"),
    _key("h", "colouring", "Colour", "colour by surprise, by temperature, or not at all"),
    _key("b", "branches", "Branches", "the branches of the text: return to another way that it went"),
    _key("c", "compare", "Compare", "compare temperatures side by side, with the same random draws"),
    _key("m", "models", "Models", "the models there are, to open another one"),
    _key("t", "app.train", "Train", "train a model on a text of your own, and watch it learn"),
    _key("s", "save", "Save", "save the text, its probabilities, a picture, or a recording to replay"),
    _key("y", "copy", "Copy", "copy the text to the clipboard, over SSH too"),
    _key("tab", "controls", "Controls", "to the controls: type a number, or step with the arrows", "tab"),
    _key("pageup", "page(-1)", "Page up", "read back; the text is followed again at its end", "pgup"),
    _key("pagedown", "page(1)", "Page down", "read on", "pgdn"),
    _key("home", "top", "Top", "to the beginning of the text"),
    _key("end", "bottom", "Bottom", "to the end of the text, and follow it"),
    *(
        Binding(str(place), f"take({place})", f"Take {place}", id=f"play.take-{place}", show=False,
                tooltip=f"go on with number {place} of the next characters")
        for place in range(1, 10)
    ),
]  # fmt: skip


PROMPT_HINTS = [
    KeyHint((("enter", "screen.take_prompt"),), "start from this", 9),
    KeyHint((("esc", "screen.leave_prompt"),), "leave it", 9),
    KeyHint((("\\n", ""),), "for a new line", 1),
]


def control_hints(keys: Shown) -> list[KeyHint]:
    """While a control of the sampler has the focus."""
    hint = hints_of(keys, "control")
    listed = [
        hint("step", 5, "more", "less"),
        KeyHint((("0-9 ", ""), keys["control.take"]), "set", 5) if "control.take" in keys else None,
        hint("reset", 4, "reset"),
        hint("next", 3, "play.controls"),
        hint("back to the text", 9, "leave"),
    ]
    return those_there(listed)


def hints(keys: Shown, *, playing: bool, endless: bool, branches: int) -> list[KeyHint]:
    """What matters now, in the order shown."""

    hint = hints_of(keys, "play")
    listed = [
        hint("temp", 8, "warmer", "colder"),
        hint("greedy", 7, "greedy"),
        hint("pause" if playing else "go on", 9, "pause"),
        None if playing else hint("walk", 8, "one-back", "one-on"),
        None if playing else _take(keys),
        hint(f"branches ({branches})", 5, "branches") if branches else None,
        hint("again", 5, "again"),
        hint("prompt", 9, "prompt"),
        hint("speed", 4, "slower", "faster"),
        hint("controls", 3, "controls"),
        hint("compare", 4, "compare"),
        hint("models", 4, "models"),
        hint("train", 4, "train"),
        hint("save", 3, "save"),
        hint("stop at ∎" if endless else "go on at ∎", 2, "end"),
        hint("colour", 1, "colour"),
        hint("help", 10, "app.help"),
        hint("quit", 10, "app.quit"),
    ]
    return those_there(listed)


def _take(keys: Shown) -> KeyHint | None:
    first, last = keys.get("play.take-1"), keys.get("play.take-9")
    return KeyHint(((f"{first[0]}-{last[0]}", ""),), "take", 6) if first and last else None
