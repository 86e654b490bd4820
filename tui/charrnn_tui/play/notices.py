"""What the play screen says about the state of the game. Knows no screen, and only the key names that it is given."""

from collections.abc import Callable

from charrnn_engine.generation.repetition import Loop
from charrnn_engine.vocabulary import Vocabulary
from charrnn_tui.play.game import Game
from charrnn_tui.text.escapes import EOS, NEWLINE, one_line
from charrnn_tui.text.wrapped_text import KEPT_CHARACTERS
from charrnn_tui.ui.formats import hold_text, speed_text

HELP = (
    "The text is coloured by how surprised the model was: grey-blue where it was sure, amber to red where it wasn't. "
    "The bars show the probability of each next character, under the model above and after temperature and filters "
    "below; over them runs the entropy of the latest characters. The inside shows every unit of the network, blue "
    "below its mean and orange above. It colours the text by one unit, and at a pause it underlines what the next "
    "character depends on. With the mouse, click a character to go there, a bar to continue with it, or a key at the "
    "bottom to press it; the wheel changes a control."
)

_LONGEST = 40


def title_state(game: Game, live_file: str) -> str:
    """The right side of the title: the live file, held units, temperature, speed, and whether the text plays."""
    mode = "greedy" if game.controls.greedy else f"T {game.controls.temperature:.2f}"
    playing = "■ ended" if game.stopped_at is not None else "‖ paused" if game.paused else "▶ playing"
    held = [f"hold {unit} {hold_text(value)}" for unit, value in game.controls.hold.items()]
    return "  ·  ".join([*([f"✎ {live_file}"] if live_file else []), *held, mode, speed_text(game.speed), playing])


def state_notice(game: Game, key: Callable[[str], str]) -> str:
    """What the user should know while the game is in this state, or nothing. `key` names the key of a binding."""
    if game.stopped_at == "end of recording":
        return f"End of recording; {key('play.pause')} continues"
    if game.replaying:
        return "Replaying. Change a control to branch off"
    if game.loop is None or game.text is None:
        return ""
    restart = f"{key('play.restart')} restarts"
    if game.controls.greedy:
        way_out = f"{key('play.greedy')} turns greedy off, {restart}"
    else:
        way_out = f"{key('play.hotter')} raises the temperature, {restart}"
    return loop_notice(game.loop, game.text.model.vocabulary, way_out)


def dropped_notice(key: Callable[[str], str]) -> str:
    """Said once, when the beginning of a long text has been dropped."""
    kept = KEPT_CHARACTERS // 1_000_000
    return (
        f"Only the last {kept} million characters are kept here; {key('play.save')} can write all of them to a file"
    )


def loop_text(loop: Loop, vocabulary: Vocabulary) -> str:
    """What is repeated, on a line. It begins after an end of a text, of a line, of a sentence or of a word, whichever
    there is."""
    eos = vocabulary.eos
    unit = one_line("".join([EOS if index == eos else vocabulary.texts[index] for index in loop.ids]))
    for end in (EOS, NEWLINE, ". ", " "):
        at = (unit + unit).find(end)
        if 0 <= at < len(unit):
            begin = (at + len(end)) % len(unit)
            return unit[begin:] + unit[:begin]
    return unit


def loop_notice(loop: Loop, vocabulary: Vocabulary, way_out: str) -> str:
    """A line: how long the loop is, what is repeated, and the way out."""
    text = loop_text(loop, vocabulary)
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    unit = "character" if vocabulary.level == "char" else "word"
    return f"Stuck in a {loop.period}-{unit} loop, “{shown}”. {way_out}"
