"""The keys of the race: what each does, and which of them to show when."""

from textual.binding import Binding

from charrnn_tui.race.game import RaceGame
from charrnn_tui.race.variation import MAX_LANES
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of, keys_of, those_there

_key = keys_of("race")

RACE_KEYS = [
    _key("tab", "select_next(1)", "Next lane", "select the next lane", "tab"),
    _key("shift+tab", "select_next(-1)", "Previous lane", "select the previous lane", "⇧tab"),
    *(
        Binding(str(place), f"select({place - 1})", f"Lane {place}", id=f"race.lane-{place}", show=False,
                tooltip=f"select lane {place}")
        for place in range(1, MAX_LANES + 1)
    ),
    _key("up", "temperature(0.05)", "Hotter", "hotter by 0.05; a held unit 0.5 sd higher", "↑"),
    _key("down", "temperature(-0.05)", "Colder", "colder by 0.05; a held unit 0.5 sd lower", "↓"),
    _key("shift+up", "temperature(0.25)", "Much hotter", "hotter by 0.25; a held unit 2.5 sd higher", "⇧↑"),
    _key("shift+down", "temperature(-0.25)", "Much colder", "colder by 0.25; a held unit 2.5 sd lower", "⇧↓"),
    _key("g", "greedy", "Greedy", "toggle greedy mode in the lane: always the most probable character"),
    _key("plus,a", "add", "Add", "add a lane on the right, up to five; it catches up", "+"),
    _key("minus,x", "remove", "Remove", "remove the lane, down to two", "-"),
    _key("space", "pause", "Pause", "pause or resume"),
    _key("right", "step", "Step", "while paused: one character in every lane", "→"),
    _key("r", "restart(True)", "Restart", "restart all lanes with new seeds"),
    _key("R,shift+r", "restart(False)", "Same seed", "restart all lanes with the same seeds", "R"),
    _key("v", "vary", "Vary", "vary the lanes in the next of temperature, seed, prompt, model and held unit"),
    _key("u", "unit", "Unit", "while the lanes hold a unit: choose another one, by what it follows or by its name"),
    _key("backspace", "set_free", "Free", "while the lanes hold a unit: release it in the lane", "⌫"),
    _key("p", "prompt", "Prompt", "edit the prompt: the lane's own if the lanes vary in it, otherwise that of all"),
    _key("m", "model", "Model", "while the lanes vary in the model: the next model in the lane, from the beginning"),
    _key("left_square_bracket", "speed(-1)", "Slower", "slower", "["),
    _key("right_square_bracket", "speed(1)", "Faster", "faster, up to full speed", "]"),
    _key("e", "endless", "End", "at the end of a text (∎): stop the lane, or continue with its next text"),
    _key("h", "colouring", "Colour", "colour by surprise, by temperature, or not at all"),
    _key("enter", "open", "Open", "continue the text of the lane on the play screen", "enter"),
    _key("s", "save", "Save", "save the texts of all lanes, or a picture"),
    _key("pageup", "page(-1)", "Page up", "scroll the lane up; it scrolls along again at its end", "pgup"),
    _key("pagedown", "page(1)", "Page down", "scroll the lane down", "pgdn"),
    _key("home", "top", "Top", "scroll all lanes to the beginning, where they first differ"),
    _key("end", "bottom", "Bottom", "scroll all lanes to the end, and along with it"),
    _key("q,escape", "leave", "Leave", "back to the text; the race stays as it is", "q"),
]  # fmt: skip


def works_now(game: RaceGame, action: str, parameters: tuple[object, ...]) -> bool:
    """Whether a key can do anything to a race as it is."""
    playback = game.playback
    match action:
        case "step":
            return not playback.playing and not playback.race.ended
        case "pause":
            return not playback.race.ended
        case "model":
            return game.vary == "model"
        case "unit" | "set_free":
            return game.vary == "hold"
        case "select":
            return isinstance(parameters[0], int) and parameters[0] < len(game.lanes)
    return True


def hints(keys: Shown, game: RaceGame) -> list[KeyHint]:
    """What matters now, in the order shown. Keys that can't do anything now aren't among `keys`."""

    hint = hints_of(keys, "race")
    vary, playing, ended = game.vary, game.playback.playing, game.playback.race.ended
    first, last = keys.get("race.lane-1"), keys.get(f"race.lane-{len(game.lanes)}")
    restart = hint("restart", 10 if ended else 7, "restart")
    listed = [
        KeyHint(((f"{first[0]}-{last[0]}", ""),), "lane", 9) if first and last else None,
        hint("held value" if vary == "hold" else "temp", 8, "hotter", "colder"),
        hint("greedy", 3, "greedy"),
        restart if ended else hint("pause" if playing else "resume", 8, "pause"),
        hint("step", 6, "step"),
        hint("open", 7, "open"),
        hint("lanes", 6, "add", "remove"),
        None if ended else restart,
        hint(f"vary: {vary}", 5, "vary"),
        hint("next model", 5, "model"),
        hint("unit", 7, "unit"),
        hint("free", 6, "free"),
        hint("lane's prompt" if vary == "prompt" else "prompt", 7 if vary == "prompt" else 4, "prompt"),
        hint("speed", 4, "slower", "faster"),
        hint("stop at ∎" if game.playback.endless else "continue at ∎", 4, "end"),
        hint("save", 3, "save"),
        hint("start", 2, "top"),
        hint("colour", 1, "colour"),
        hint("help", 9, "app.help"),
        hint("back", 10, "leave"),
    ]
    return those_there(listed)
