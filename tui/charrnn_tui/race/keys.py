"""The keys of the race: what each does, and which of them to show when."""

from textual.binding import Binding

from charrnn_tui.race.lineup import MOST, Vary
from charrnn_tui.ui.key_bar import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of, keys_of, those_there

_key = keys_of("race")

RACE_KEYS = [
    _key("tab", "select(1)", "Next lane", "select the lane to the right", "tab"),
    _key("shift+tab", "select(-1)", "Lane before", "select the lane to the left", "⇧tab"),
    *(
        Binding(str(place), f"select_place({place - 1})", f"Lane {place}", id=f"race.lane-{place}", show=False,
                tooltip=f"select lane {place}")
        for place in range(1, MOST + 1)
    ),
    _key("up", "temperature(0.05)", "Warmer", "temperature of the lane up by 0.05", "↑"),
    _key("down", "temperature(-0.05)", "Colder", "temperature of the lane down by 0.05", "↓"),
    _key("shift+up", "temperature(0.25)", "Much warmer", "temperature of the lane up by 0.25", "⇧↑"),
    _key("shift+down", "temperature(-0.25)", "Much colder", "temperature of the lane down by 0.25", "⇧↓"),
    _key("g", "greedy", "Greedy", "greedy on and off in the lane: always the most probable character"),
    _key("plus,a", "add", "Add", "add a lane to the right, up to five; it catches up", "+"),
    _key("minus,x", "remove", "Remove", "remove the lane, down to two", "-"),
    _key("space", "pause", "Pause", "pause and go on"),
    _key("right", "forward", "One on", "paused: one character on in every lane", "→"),
    _key("r", "again", "Again", "all lanes again, with new random draws"),
    _key("R,shift+r", "same_again", "Same again", "all lanes again with the same draws, as they are set now", "R"),
    _key("v", "vary", "Vary", "what the lanes vary in: temperature, seed, prompt, model"),
    _key("p", "prompt", "Prompt", "edit the prompt: the lane's own where lanes vary in it, else that of all"),
    _key("m", "model", "Model", "the next model for the lane, from its beginning"),
    _key("left_square_bracket", "speed(-1)", "Slower", "slower", "["),
    _key("right_square_bracket", "speed(1)", "Faster", "faster, up to as fast as it goes", "]"),
    _key("e", "endless", "End", "at the end of a text (∎): the lane stops, or goes on with its next"),
    _key("h", "colouring", "Colour", "colour by surprise, by temperature, or not at all"),
    _key("pageup", "page(-1)", "Page up", "read back in the lane; it is followed again at its end", "pgup"),
    _key("pagedown", "page(1)", "Page down", "read on in the lane", "pgdn"),
    _key("home", "top", "Top", "all lanes to the beginning, where they part"),
    _key("end", "bottom", "Bottom", "all lanes to the end, and follow it"),
    _key("q,escape", "leave", "Leave", "back to the text", "q"),
]  # fmt: skip

PROMPT_HINTS = [
    KeyHint((("enter", "screen.take_prompt"),), "race from this", 9),
    KeyHint((("esc", "screen.leave_prompt"),), "leave it", 9),
    KeyHint((("\\n", ""),), "for a new line", 1),
]


def hints(keys: Shown, *, playing: bool, ended: bool, endless: bool, vary: Vary, lanes: int) -> list[KeyHint]:
    """What matters now, in the order shown."""

    hint = hints_of(keys, "race")
    first, last = keys.get("race.lane-1"), keys.get(f"race.lane-{lanes}")
    listed = [
        KeyHint(((f"{first[0]}-{last[0]}", ""),), "lane", 9) if first and last else None,
        hint("temp", 8, "warmer", "colder"),
        hint("greedy", 3, "greedy"),
        hint("again", 10, "again") if ended else hint("pause" if playing else "go on", 8, "pause"),
        hint("step", 6, "one-on") if not playing and not ended else None,
        hint("lanes", 6, "add", "remove"),
        None if ended else hint("again", 7, "again"),
        hint(f"vary: {vary}", 5, "vary"),
        hint("next model", 5, "model") if vary == "model" else None,
        hint("lane's prompt" if vary == "prompt" else "prompt", 7 if vary == "prompt" else 4, "prompt"),
        hint("speed", 4, "slower", "faster"),
        hint("stop at ∎" if endless else "go on at ∎", 4, "end"),
        hint("start", 2, "top"),
        hint("colour", 1, "colour"),
        hint("help", 9, "app.help"),
        hint("back", 10, "leave"),
    ]
    return those_there(listed)
