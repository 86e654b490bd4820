"""The most probable next tokens of a text, labelled so that a reader can tell a space from nothing."""

import numpy as np

from charrnn_engine.generation.generation import Generation
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.distribution import drawn_distribution, model_distribution
from charrnn_engine.vocabulary import Vocabulary
from charrnn_tui.play.distribution_bars import Alternative
from charrnn_tui.text.line_breaks import visible

_HOPELESS = 0.0005  # shows as 0.0%
SPACE, NEWLINE, EOS = "␣", "⏎", "∎"


def label(vocabulary: Vocabulary, index: int) -> str:
    """A token as a reader can see it: `␣` for a space, `⏎` for a newline, `∎` for `<eos>`."""
    if index == vocabulary.eos:
        return EOS
    text = visible(vocabulary.tokens[index]).replace("\n", NEWLINE)
    return SPACE if text == " " else text.replace(" ", SPACE, 1) if text.startswith(" ") else text


def next_alternatives(
    generation: Generation, controls: Controls, most: int, came: int | None = None
) -> list[Alternative]:
    """The `most` probable tokens at the end of the text, in the model's order; the hopeless ones are left out.

    `came` is the token that the text went on with, where that is known.
    """
    vocabulary = generation.model.vocabulary
    logits = generation.logits()
    thought = model_distribution(logits)
    drawn = drawn_distribution(logits, controls, vocabulary.never_drawn)
    order = [
        index for index in np.argsort(-thought, kind="stable")[: most + 2] if index not in vocabulary.never_drawn
    ]
    shown = [int(index) for index in order[:most] if index == came or max(thought[index], drawn[index]) >= _HOPELESS]
    if came is not None and came not in shown:
        shown[most - 1 :] = [came]
    return [
        Alternative(index, label(vocabulary, index), float(thought[index]), float(drawn[index]), index == came)
        for index in shown
    ]
