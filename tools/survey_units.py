"""Finds the units of a model that are worth seeing, and records them in its card, for the app to offer by name.

`python tools/survey_units.py FOLDER TEXT --held-out 0.1 --record` tries each property on TEXT, which should be what
the model wasn't trained on. Of the three units that follow the property best, it takes the best one that has an
effect when it is held, or the one with the greatest. Units are chosen on one half of TEXT and scored on the other, as
the command in the card does again. Needs no TensorFlow.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.store import CARD_FILE, load
from charrnn_engine.corpus.reading import Source
from charrnn_engine.errors import CharRNNError, PromptError
from charrnn_engine.inside.activations import read_sample, texts_of
from charrnn_engine.inside.effects import Effect, measure_effects
from charrnn_engine.inside.properties import PROPERTIES
from charrnn_engine.inside.ranking import Ranking
from charrnn_engine.network.model import CharRNN

# In the order of what a newcomer would like to see; each unit is recorded once, for the first that it follows.
_TRIED = (
    "line-position", "text-position", "double-quotes", "string", "round-brackets", "docstring", "comment",
    "c-comment", "speaker-name", "sentence-position", "single-quotes", "square-brackets", "curly-brackets",
    "indentation", "digit", "capitalised", "word-position", "after-end",
)  # fmt: skip
_OF_PYTHON = {"docstring", "comment"}
_OF_PROGRAMS = {*_OF_PYTHON, "c-comment", "string", "square-brackets", "curly-brackets", "indentation"}
_LEAST = {"auroc": 0.85, "r": 0.6}
_CLEAR = 0.9  # a score that is worth seeing without an effect
_LEAST_EFFECT = 0.7  # one that is worth seeing with a lower score
_CANDIDATES = 3
_AT_MOST = 6
_EFFECT = 1.5  # standard deviations between texts: held high or low, most texts can be told apart


def effect_size(effect: Effect) -> float:
    """The difference between held high and low, in units of the spread between texts (Cohen's d)."""
    low, high = effect.low, effect.high
    spread = ((low.spread**2 + high.spread**2) / 2) ** 0.5
    return abs(high.mean - low.mean) / max(spread, 1e-9)


def survey(model: CharRNN, text: str, command: str) -> Iterator[dict[str, Any]]:
    """An entry of the card for each unit worth seeing. `command` finds them again when a property is added to it."""
    ranking = Ranking(read_sample(model, texts_of(model, text)))
    seen: set[str] = set()
    others = _OF_PYTHON if "/*" in text else {"c-comment"}
    for name in _TRIED:
        what = PROPERTIES[name]
        if name in others:
            continue
        # Where each line is a text of its own, that is the position in the text, and nothing is a program.
        if name in ({"text-position"} if "\n" in model.vocabulary.ids else {"line-position", *_OF_PROGRAMS}):
            continue
        try:
            ranked = ranking.units(what, _CANDIDATES)
        except PromptError:  # the text hasn't got it
            continue
        ranked = [each for each in ranked if each.score >= _LEAST[each.measure] and each.unit[1:] not in seen]
        if not ranked or len(seen) == _AT_MOST:
            continue
        effects = measure_effects(model, [each.unit for each in ranked], what)
        # The first with an effect; else the one that comes nearest.
        best, effect = max(zip(ranked, effects, strict=True), key=lambda pair: min(_EFFECT, effect_size(pair[1])))
        if best.score < _CLEAR and effect_size(effect) < _LEAST_EFFECT:
            continue
        seen.add(best.unit[1:])
        yield {
            "unit": best.unit,
            "name": what.description,
            "property": name,
            "measure": best.measure,
            "score": round(best.score, 3),
            "direction": best.direction,
            "probe": round(best.probe, 3),
            "effect": effect.to_json(),
            "command": f"{command} --property {name} --top {_CANDIDATES} --effect",
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("text")
    parser.add_argument("--column")
    parser.add_argument("--unescape", action="store_true")
    parser.add_argument("--held-out", type=float, metavar="FRACTION")
    parser.add_argument("--record", action="store_true", help="write the units into the card")
    arguments = parser.parse_args()
    options = "" if arguments.column is None else f" --column {arguments.column}"
    options += " --unescape" if arguments.unescape else ""
    options += "" if arguments.held_out is None else f" --held-out {arguments.held_out:g}"
    try:
        model = load(arguments.folder)
        columns = () if arguments.column is None else (arguments.column,)
        text = "".join(Source(arguments.text, columns, arguments.unescape).chunks())
        if arguments.held_out is not None:
            text = text[int(len(text) * (1 - arguments.held_out)) :]
        command = f"charrnn-tui units {model.name} {Path(arguments.text).name}{options}"
        units = []
        for entry in survey(model, text, command):
            print(json.dumps(entry), flush=True)
            units.append(entry)
        if arguments.record:
            card = {**model.card, "units": units}
            file = arguments.folder / CARD_FILE
            file.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except CharRNNError as error:
        print(f"survey: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
