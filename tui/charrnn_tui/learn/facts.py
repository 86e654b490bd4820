"""What a lesson can notice in the app, and put into its words: a name and a value for each thing. Knows no screen."""

import re
from collections.abc import Mapping, Set
from typing import Literal, NamedTuple

INSERTED = re.compile(r"\{([^{}]*)\}")
"""The name of a thing in braces: its value is put there."""

Value = bool | float | str | Set[str]
Facts = Mapping[str, Value]


class Fact(NamedTuple):
    """What kind of value a thing has, and what it is."""

    kind: Literal["flag", "number", "word", "keys"]
    what: str


FACTS: Mapping[str, Fact] = {
    "pressed": Fact("keys", "a key was pressed in this step: `pressed g`"),
    "screen": Fact("word", "the screen that is open: play, race, models, train, training"),
    "model": Fact("word", "the model that writes"),
    "prompt": Fact("word", "the prompt of the text"),
    "temperature": Fact("number", "the temperature"),
    "greedy": Fact("flag", "greedy is on"),
    "colouring": Fact("word", "what the text is coloured by: surprise, temperature, unit, none"),
    "paused": Fact("flag", "the text is paused"),
    "ended": Fact("flag", "the text has stopped at its end"),
    "loop": Fact("flag", "the text repeats itself"),
    "loop length": Fact("number", "how many tokens long the loop is"),
    "written": Fact("number", "tokens written in this step; a new text counts from its beginning"),
    "walked back": Fact("number", "tokens that the cursor has gone back in this step"),
    "took": Fact("number", "characters chosen by the student in this step"),
    "restarted": Fact("flag", "a new text has begun in this step"),
    "reading": Fact("flag", "the model reads a text"),
    "branches": Fact("number", "branches of the text"),
    "entropy": Fact("number", "entropy of the next character, in bits"),
    "surprise": Fact("number", "mean surprisal of the text, in bits a token"),
    "inside": Fact("flag", "the inside is open"),
    "held": Fact("word", "the unit that is held"),
    "lanes": Fact("number", "lanes of the race"),
    "vary": Fact("word", "what the lanes vary in: temperature, seed, prompt, model, hold"),
    "epoch": Fact("number", "epochs that the run on the screen has finished"),
    "loss": Fact("number", "the latest loss of the run on the screen, in bits"),
    "trained": Fact("flag", "the run on the screen has finished"),
    "answer": Fact("number", "the answer that the student chose"),
}
"""Every name that may stand in a check or in braces."""


def value_text(value: Value) -> str:
    """A value as a lesson says it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float | int):
        return f"{int(value):,}" if value == int(value) else f"{value:.2f}".rstrip("0")
    return value if isinstance(value, str) else ", ".join(sorted(value))


def fact_named(text: str) -> tuple[str, str] | None:
    """The name that `text` begins with, the longest there is, and the rest of it."""
    words = text.split()
    for count in (2, 1):
        name = " ".join(words[:count]).lower()
        if name in FACTS and len(words) >= count:
            return name, " ".join(words[count:])
    return None
