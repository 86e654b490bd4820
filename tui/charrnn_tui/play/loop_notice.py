"""What is said when a text has begun to repeat itself. Knows no screen and no keys but those it is told."""

from charrnn_engine.generation.repetition import Loop
from charrnn_engine.vocabulary import Vocabulary
from charrnn_tui.text.line_breaks import visible

_LONGEST = 40
_EOS = "∎"


def loop_text(loop: Loop, vocabulary: Vocabulary) -> str:
    """What is repeated, on a line, from where a reader would begin: after an end of a text, of a line, of a sentence
    or of a word, whichever there is."""
    eos = vocabulary.eos
    pieces = [_EOS if index == eos else vocabulary.texts[index] for index in loop.ids]
    unit = visible("".join(pieces)).replace("\n", "⏎")
    for end in (_EOS, "⏎", ". ", " "):
        at = (unit + unit).find(end)
        if 0 <= at < len(unit):
            begin = (at + len(end)) % len(unit)
            return unit[begin:] + unit[:begin]
    return unit


def loop_notice(loop: Loop, vocabulary: Vocabulary, way_out: str) -> str:
    """A line: what is repeated, how often, and the way out ("g leaves greedy · ↑ warms it")."""
    text = loop_text(loop, vocabulary)
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    unit = "character" if vocabulary.level == "char" else "word"
    every = f"the same {unit}" if loop.period == 1 else f"the same {loop.period} {unit}s"
    return f"repeating itself: {every} over and over, “{shown}” — {way_out}"
