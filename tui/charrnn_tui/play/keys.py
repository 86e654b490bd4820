"""The keys of the play screen: what each does, when it works, and which of them to name."""

from textual.binding import Binding

from charrnn_tui.play.game import Game
from charrnn_tui.ui.key_bar import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of, keys_of, those_there

_key = keys_of("play")

PLAY_KEYS = [
    _key("up", "temperature(0.05)", "Hotter", "temperature up by 0.05", "↑"),
    _key("down", "temperature(-0.05)", "Cooler", "temperature down by 0.05", "↓"),
    _key("shift+up", "temperature(0.25)", "Much hotter", "temperature up by 0.25", "⇧↑"),
    _key("shift+down", "temperature(-0.25)", "Much cooler", "temperature down by 0.25", "⇧↓"),
    _key("g", "greedy", "Greedy", "greedy on and off: always the most probable character"),
    _key("space", "pause", "Pause", "pause and resume"),
    _key("right", "move('character', 1)", "Next", "paused: next character", "→"),
    _key("left", "move('character', -1)", "Previous", "paused: previous character", "←"),
    _key("ctrl+right", "move('word', 1)", "Next word", "paused: next word", "⌃→"),
    _key("ctrl+left", "move('word', -1)", "Previous word", "paused: previous word", "⌃←"),
    _key("ctrl+down", "move('line', 1)", "Next line", "paused: next line", "⌃↓"),
    _key("ctrl+up", "move('line', -1)", "Previous line", "paused: previous line", "⌃↑"),
    _key("r", "restart", "Restart", "restart from the same prompt with a new seed"),
    _key("p", "prompt", "Prompt", "edit the prompt: enter starts from it, esc cancels"),
    _key("left_square_bracket", "speed(-1)", "Slower", "slower", "["),
    _key("right_square_bracket", "speed(1)", "Faster", "faster, up to full speed", "]"),
    _key("e", "endless", "End", "at the end of a text (∎): stop, or begin the next one"),
    _key("h", "colouring", "Colouring", "colour by surprise, by temperature, by a unit (inside), or not at all"),
    _key("i", "inside('toggle')", "Inside", "look inside: what the units of the network do, live"),
    _key("plus", "inside('turn', 1)", "Hold higher", "inside: hold the unit one standard deviation higher", "+"),
    _key("minus", "inside('turn', -1)", "Hold lower", "inside: hold the unit one standard deviation lower", "-"),
    _key("0", "inside('ablate')", "Ablate", "inside: hold the unit at 0"),
    _key("backspace", "inside('release')", "Release", "inside: release the unit; when it isn't held, all units", "⌫"),
    _key("n", "inside('next')", "Next named unit", "inside: the next unit worth seeing"),
    _key("slash", "inside('find')", "Find unit", "inside: find the unit for a property of the text", "/"),
    _key("b", "branches", "Branches", "branches: return to another continuation of the text"),
    _key("c", "race", "Race", "race: several temperatures, models or prompts side by side"),
    _key("m", "models", "Models", "open another model"),
    _key("t", "app.train", "Train", "train a model on your own text, and watch it learn"),
    _key("s", "save", "Save", "save the text, its probabilities, a picture, or a recording to replay"),
    _key("y", "copy", "Copy", "copy the text to the clipboard, over SSH too"),
    _key("tab", "controls", "Controls", "go to the controls, or inside to the units: the arrows step", "tab"),
    _key("pageup", "scroll('page up')", "Page up", "scroll up; the text scrolls along again at its end", "pgup"),
    _key("pagedown", "scroll('page down')", "Page down", "scroll down", "pgdn"),
    _key("home", "scroll('top')", "Top", "go to the beginning of the text"),
    _key("end", "scroll('end')", "Bottom", "go to the end of the text, and scroll along with it"),
    *(
        Binding(str(place), f"take({place})", f"Take {place}", id=f"play.take-{place}", show=False,
                tooltip=f"paused: continue with number {place} of the next characters")
        for place in range(1, 10)
    ),
]  # fmt: skip


def works(game: Game, action: str, parameters: tuple[object, ...], offered: int, inside: bool) -> bool:
    """Whether an action can be taken now; `offered` is how many next characters are shown to choose from, `inside`
    whether the inside is shown.
    """
    text = game.text
    if action == "move":
        return game.paused
    if action == "take":
        return game.paused and isinstance(parameters[0], int) and parameters[0] <= offered
    if action == "inside":
        return text is not None and (inside or parameters[0] == "toggle")
    if action == "branches":
        return text is not None and bool(text.branches)
    if action in ("pause", "restart", "race", "save", "copy"):
        return text is not None
    if action == "endless":
        return text is None or text.eos is not None
    return action != "prompt" or game.model is not None


def control_hints(keys: Shown) -> list[KeyHint]:
    """The keys to name while a control has the focus."""
    hint = hints_of(keys, "control")
    listed = [
        hint("step", 5, "more", "less"),
        KeyHint((("0-9 ", ""), keys["control.take"]), "set", 5) if "control.take" in keys else None,
        hint("reset", 4, "reset"),
        hint("next", 3, "play.controls"),
        hint("back to the text", 9, "leave"),
    ]
    return those_there(listed)


def hints(keys: Shown, game: Game, inside: bool) -> list[KeyHint]:
    """The keys to name now, in the order shown; `inside` says whether the inside is shown."""
    hint = hints_of(keys, "play")
    branches = len(game.text.branches) if game.text is not None else 0
    listed = [
        hint("temp", 8, "hotter", "cooler"),
        hint("greedy", 7, "greedy"),
        hint("resume" if game.paused else "pause", 9, "pause"),
        hint("step", 8, "previous", "next"),
        hint("hold", 9, "hold-lower", "hold-higher"),
        hint("release", 9, "release"),
        hint("units", 8, "controls") if inside else None,
        hint("find", 8, "find-unit"),
        hint("close" if inside else "inside", 7, "inside"),
        _take(keys),
        hint(f"branches ({branches})", 5, "branches"),
        hint("restart", 5, "restart"),
        hint("prompt", 9, "prompt"),
        hint("speed", 4, "slower", "faster"),
        None if inside else hint("controls", 3, "controls"),
        hint("race", 4, "race"),
        hint("models", 4, "models"),
        hint("train", 4, "train"),
        hint("save", 3, "save"),
        hint("stop at ∎" if game.endless else "continue at ∎", 2, "end"),
        hint("colouring", 1, "colouring"),
        hint("help", 10, "app.help"),
        hint("quit", 10, "app.quit"),
    ]
    return those_there(listed)


def _take(keys: Shown) -> KeyHint | None:
    """One hint for all numbers that work now."""
    numbers = [keys[f"play.take-{place}"][0] for place in range(1, 10) if f"play.take-{place}" in keys]
    shown = numbers[0] if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}" if numbers else ""
    return KeyHint(((shown, ""),), "take", 6) if numbers else None
