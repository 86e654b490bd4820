"""The keys of the play screen: what each does, when it works, and which of them to name."""

from typing import Any

from textual.app import App
from textual.binding import Binding

from charrnn_tui.play.game import Game
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown, hint_of, hints_of, keys_of, those_there

_key = keys_of("play")

PLAY_KEYS = [
    _key("up", "adjust('temperature', 0.05)", "Hotter", "temperature up by 0.05", "↑"),
    _key("down", "adjust('temperature', -0.05)", "Cooler", "temperature down by 0.05", "↓"),
    _key("shift+up", "adjust('temperature', 0.25)", "Much hotter", "temperature up by 0.25", "⇧↑"),
    _key("shift+down", "adjust('temperature', -0.25)", "Much cooler", "temperature down by 0.25", "⇧↓"),
    _key("g", "adjust('greedy')", "Greedy", "greedy on and off: always the most probable character"),
    _key("space", "pause", "Pause", "pause and resume"),
    _key("right", "move('character', 1)", "Next", "paused: next character", "→"),
    _key("left", "move('character', -1)", "Previous", "paused: previous character", "←"),
    _key("ctrl+right", "move('word', 1)", "Next word", "paused: next word", "⌃→"),
    _key("ctrl+left", "move('word', -1)", "Previous word", "paused: previous word", "⌃←"),
    _key("ctrl+down", "move('line', 1)", "Next line", "paused: next line", "⌃↓"),
    _key("ctrl+up", "move('line', -1)", "Previous line", "paused: previous line", "⌃↑"),
    _key("r", "restart", "Restart", "restart from the same prompt with a new seed"),
    _key("p", "prompt", "Prompt", "edit the prompt: enter starts from it, esc cancels"),
    _key("left_square_bracket", "adjust('speed', -1)", "Slower", "slower", "["),
    _key("right_square_bracket", "adjust('speed', 1)", "Faster", "faster, up to full speed", "]"),
    _key("e", "adjust('end')", "End",
         "at the end of a text (∎): stop, or begin the next one, with or without the prompt"),
    _key("h", "colouring", "Colouring", "colour by surprise, by temperature, by a unit (inside), or not at all"),
    _key("i", "inside('toggle')", "Inside", "look inside: what the units of the network do, live"),
    _key("plus", "inside('turn', 1)", "Hold higher", "inside: hold the unit one standard deviation higher", "+"),
    _key("minus", "inside('turn', -1)", "Hold lower", "inside: hold the unit one standard deviation lower", "-"),
    _key("0", "inside('ablate')", "Ablate", "inside: hold the unit at 0"),
    _key("backspace", "inside('release')", "Release", "inside: release the unit; when it isn't held, all units", "⌫"),
    _key("n", "inside('next')", "Next named unit", "inside: the next unit worth seeing"),
    _key("slash", "inside('find')", "Find unit", "inside: find the unit for a property of the text", "/"),
    _key("o", "read", "Read", "read a text: a file, or a paste"),
    _key("w", "write('go on')", "Write or read", "reading: let the model write from here, and read on again"),
    _key("a", "write('adapt')", "Adapt", "learning from each character of the text, on and off"),
    _key("A,shift+a", "write('forget')", "Forget", "forget what was learnt from the text", "A"),
    _key("slash", "write('find')", "Find in text", "find a word in the text", "/"),
    _key("n", "write('surprise', 1)", "Next surprise", "go to the next of the most surprising characters"),
    _key("N,shift+n", "write('surprise', -1)", "Previous surprise",
         "go to the previous of the most surprising characters", "N"),
    _key("u", "write('undo')", "Undo", "undo the last change of the text"),
    _key("ctrl+r", "write('redo')", "Redo", "redo what was undone"),
    _key("k", "choose('rules')", "Rules", "rules: bans, bias, a pattern, penalties on repetitions"),
    _key("l", "adjust('penalty')", "Repeat penalty", "penalise repetitions, on and off: it ends loops"),
    _key("R,shift+r", "choose('continuations')", "Continuations",
         "nine continuations of the text: a number takes one", "R"),
    _key("b", "choose('branches')", "Branches", "branches: return to another continuation of the text"),
    _key("c", "choose('race')", "Race", "race: several temperatures, models or prompts side by side"),
    _key("m", "choose('models')", "Models", "open another model"),
    _key("t", "app.train", "Train", "train a model on your own text, and watch it learn"),
    _key("L,shift+l", "app.learn", "Learn", "a course of short lessons beside the text", "L"),
    _key("s", "save", "Save", "save the text, its probabilities, a picture, or a recording to replay"),
    _key("y", "copy", "Copy", "copy the text to the clipboard, over SSH too"),
    _key("tab", "controls", "Controls", "go to the controls, or inside to the units: the arrows step", "tab"),
    _key("pageup", "scroll('page up')", "Page up", "scroll up; the text scrolls along again at its end", "pgup"),
    _key("pagedown", "scroll('page down')", "Page down", "scroll down", "pgdn"),
    _key("home", "scroll('top')", "Top", "go to the beginning of the text"),
    _key("end", "scroll('end')", "Bottom", "go to the end of the text, and scroll along with it"),
    _key("P,shift+p", "project('toggle')", "Projector", "for an audience: big bars, nothing beside the text", "P"),
    _key("d", "project('panels')", "Panels", "hide and show what is beside the text"),
    _key("x", "project('predict')", "Predict", "cover the next character of a paused text, to guess it first"),
    _key("enter", "project('reveal')", "Reveal", "predict: reveal the next character; again: step to it"),
    _key("enter", "write('type')", "Type", "paused: type into the text; esc ends it"),
    _key("escape", "hide_first_keys", "Hide first keys", "hide the line that says what to try first", "esc"),
    *(
        Binding(str(place), f"take({place})", f"Take {place}", id=f"play.take-{place}", show=False,
                tooltip=f"paused: continue with number {place} of the next characters")
        for place in range(1, 10)
    ),
]  # fmt: skip

HELP_GROUPS = {
    "play": "hotter cooler much-hotter much-cooler greedy rules repeat-penalty pause restart prompt slower faster "
    "end controls colouring hide-first-keys",
    "go back": "previous next previous-word next-word previous-line next-line branches continuations undo redo "
    "page-up page-down top bottom " + " ".join(f"take-{place}" for place in range(1, 10)),
    "read and write": "read write-or-read type adapt forget find-in-text next-surprise previous-surprise",
    "compare": "race",
    "look inside": "inside hold-higher hold-lower ablate release next-named-unit find-unit",
    "models": "models",
    "train and learn": "train learn",
    "save": "save copy",
    "for an audience": "projector panels predict reveal",
}
"""The keys as the help groups them: headings, and the bindings' names."""

_FIRST_KEYS = (
    ("hotter", "hotter"), ("pause", "pause"), ("previous", "back"), ("race", "compare"), ("inside", "inside"),
    ("learn", "learn"), ("hide-first-keys", "hide"),
)  # fmt: skip
"""What to try the first time: the names of bindings, and a word for what each does."""


def works(game: Game, action: str, parameters: tuple[object, ...], offered: int, inside: bool) -> bool:
    """Whether an action does anything now. `offered` is the number of next characters to choose from, `inside` says
    whether the inside is shown.
    """
    text = game.text
    if action == "move":
        return game.paused
    if action == "take":
        return game.paused and isinstance(parameters[0], int) and parameters[0] <= offered
    if action == "inside":
        return text is not None and (inside or parameters[0] == "toggle")
    if action == "choose":
        what = parameters[0]
        return what == "models" or (text is not None and (what != "branches" or bool(text.branches)))
    if action in ("pause", "restart", "save", "copy", "read"):
        return text is not None
    return action != "prompt" or game.model is not None


def first_hints(app: App[Any]) -> list[KeyHint]:
    """The keys to try the first time, whether they work now or not."""
    hidden = "hide-first-keys"
    return [hint_of(app, PLAY_KEYS, f"play.{name}", label, name == hidden) for name, label in _FIRST_KEYS]


def control_hints(keys: Shown) -> list[KeyHint]:
    """The keys to name while a control has the focus."""
    hint = hints_of(keys, "control")
    listed = [
        hint("control", 6, "previous", "next"),
        hint("change", 6, "less", "more"),
        KeyHint((("0-9 ", ""), keys["control.take"]), "set", 5) if "control.take" in keys else None,
        hint("reset", 4, "reset"),
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
        hint("reveal", 9, "reveal"),
        _take(keys),
        hint("continuations", 5, "continuations") if game.paused else None,
        hint("type", 6, "type"),
        hint("write here" if game.reads else "read on", 8, "write-or-read"),
        hint("find", 4, "find-in-text"),
        hint("surprises", 5 if game.reading is not None else 2, "previous-surprise", "next-surprise"),
        hint("rules", 4, "rules"),
        hint("undo", 4, "undo"),
        hint("redo", 4, "redo"),
        hint("read a text", 4, "read"),
        hint("stop learning" if game.controls.adapt else "adapt", 4, "adapt"),
        hint(f"branches ({branches})", 5, "branches"),
        hint("restart", 5, "restart"),
        hint("prompt", 9, "prompt"),
        hint("speed", 4, "slower", "faster"),
        None if inside else hint("controls", 3, "controls"),
        hint("race", 6, "race"),
        hint("models", 4, "models"),
        hint("train", 4, "train"),
        hint("learn", 4, "learn"),
        hint("save", 3, "save"),
        hint(_next_at_end(game), 2, "end"),
        hint("colouring", 1, "colouring"),
        hint("help", 10, "app.help"),
        hint("quit", 10, "app.quit"),
    ]
    return those_there(listed)


def _next_at_end(game: Game) -> str:
    """What the key for the end of a text would change it to."""
    if not game.endless:
        return "prompt at ∎" if game.text is not None and game.text.prompt else "continue at ∎"
    return "continue at ∎" if game.repeat_prompt else "stop at ∎"


def _take(keys: Shown) -> KeyHint | None:
    """One hint for all numbers that take a character now."""
    numbers = [keys[f"play.take-{place}"][0] for place in range(1, 10) if f"play.take-{place}" in keys]
    shown = numbers[0] if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}" if numbers else ""
    return KeyHint(((shown, ""),), "take", 6) if numbers else None
