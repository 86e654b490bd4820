"""What the play screen says about the state of the game. Knows no screen, and only the key names that it is given."""

from collections.abc import Callable
from pathlib import Path

from rich.cells import cell_len

from charrnn_engine.generation.repetition import Loop
from charrnn_engine.vocabulary import Vocabulary
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.play.game import Game
from charrnn_tui.text.escapes import EOS, NEWLINE, one_line
from charrnn_tui.text.token_names import token_word
from charrnn_tui.text.wrapped_text import KEPT_CHARACTERS
from charrnn_tui.ui.formats import hold_text, speed_text

HELP = (
    "The text is coloured by how surprised the model was: grey-blue where it was sure, amber to red where it wasn't. "
    "The bars show the probability of each next character: what temperature and filters kept of the model's, what "
    "they took away, and what they added. Surprise is how improbable the text was for the model, in bits per "
    "character; 1 bit is one chance in 2. Entropy is how undecided the model is about the next character; 3 bits are "
    "as many as 8 equally probable characters have. Point at a figure with the mouse for a word on it. The inside "
    "shows every unit of the network, blue "
    "below its mean and orange above. It colours the text by one unit, and at a pause it underlines what the next "
    "character depends on. With the mouse, click a character to go there, a bar to continue with it, or a key at the "
    "bottom to press it; the wheel changes a control."
)

TITLE_MEANING = (
    "T is the temperature: below 1 the likely becomes likelier, and the text calmer; above 1 the unlikely comes up "
    "more often. The figure after it is the speed."
)

_LONGEST = 40
_RULE_AT_MOST = 16


def title_state(game: Game, live_file: Path | None, room: int) -> str:
    """The right side of the title: the live file, rules, held units, temperature, speed, and what the text does.
    Where that takes more than `room` columns, the rules are only counted.
    """
    mode = "greedy" if game.controls.greedy else f"T {game.controls.temperature:.2f}"
    if game.stopped_at is not None or game.paused:
        playing = "■ ended" if game.stopped_at is not None else "‖ paused"
    else:
        playing = f"▶ reading {game.reading.done:.0%}" if game.reads and game.reading is not None else "▶ playing"
    speed = speed_text(game.speed, "char" if game.model is None else game.model.vocabulary.level)
    held = [f"hold {unit} {hold_text(value)}" for unit, value in game.controls.hold.items()]
    live = [f"✎ {live_file.name}"] if live_file is not None else []
    rules = [*rules_in_short(game), *held]
    state = "  ·  ".join([*live, *rules, mode, speed, playing])
    if cell_len(state) > room and len(rules) > 1:
        state = "  ·  ".join([*live, f"{len(rules)} rules", mode, speed, playing])
    return state


def rules_in_short(game: Game) -> list[str]:
    """The rules in force, a word or two each."""
    controls, short = game.controls, []
    if controls.ban:
        short.append(f"ban {one_line(controls.ban[0])}" if len(controls.ban) == 1 else f"ban {len(controls.ban)}")
    if controls.bias:
        short.append(f"bias {''.join(one_line(token) for token in controls.bias)}")
    if controls.pattern is not None:
        short.append("pattern")
    if controls.repeat_penalty is not None:
        short.append(f"penalty {controls.repeat_penalty}")
    if controls.adapt:
        short.append(f"learning {controls.adapt:g}")
    elif game.learnt:
        short.append("has learnt")
    return [each if len(each) <= _RULE_AT_MOST else f"{each[: _RULE_AT_MOST - 1]}…" for each in short]


def state_notice(game: Game, key: Callable[[str], str]) -> str:
    """What to say about the state of the game, or nothing. `key` names the key of a binding."""
    if game.stopped_at == "end of recording":
        return f"End of recording; {key('play.pause')} continues"
    if game.stopped_at == "end of reading" and game.text is not None:
        return reading_notice(game.text, key)
    if game.replaying:
        return "Replaying. Change a control to branch off"
    if game.loop is None or game.text is None:
        return ""
    restart = f"{key('play.restart')} restarts"
    if game.controls.greedy:
        way_out = f"{key('play.greedy')} turns greedy off, {restart}"
    else:
        way_out = f"{key('play.hotter')} raises the temperature, {restart}"
    if game.controls.repeat_penalty is None:
        way_out = f"{key('play.repeat-penalty')} penalises repetitions, {way_out}"
    return loop_notice(game.loop, game.text.model.vocabulary, way_out)


def reading_notice(text: BranchingText, key: Callable[[str], str]) -> str:
    """What to say when a text has been read to its end."""
    bits = f"{text.surprise / max(1, text.characters):.3f} bits per character"
    if text.static_surprise != text.surprise:
        static = text.static_surprise / max(1, text.characters)
        bits = f"{bits} while it learnt (dynamic, carried state), {static:.3f} without (static)"
    return f"Read: {bits}. {key('play.pause')} lets the model write on, {key('play.next-surprise')} finds surprises"


def dropped_notice(key: Callable[[str], str]) -> str:
    """What to say once the beginning of a long text has been dropped."""
    kept = KEPT_CHARACTERS // 1_000_000
    return (
        f"Only the last {kept} million characters are kept here; {key('play.save')} can write all of them to a file"
    )


def loop_text(loop: Loop, vocabulary: Vocabulary) -> str:
    """What is repeated, on a line. It begins after an end of a text, of a line, of a sentence or of a word, whichever
    there is."""
    unit = one_line("".join(vocabulary.pieces(loop.ids, loop.ids[-1], EOS)))
    for end in (EOS, NEWLINE, ". ", " "):
        at = (unit + unit).find(end)
        if 0 <= at < len(unit):
            begin = (at + len(end)) % len(unit)
            return unit[begin:] + unit[:begin]
    return unit


def loop_notice(loop: Loop, vocabulary: Vocabulary, way_out: str) -> str:
    """A line that says how long the loop is, what is repeated, and how to get out of it."""
    text = loop_text(loop, vocabulary)
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return f"Stuck in a {loop.period}-{token_word(vocabulary)} loop, “{shown}”. {way_out}"
