"""Does with a checkpoint what the programs do: list it, open it, show its card, write a little, import it.

Reports whether it was opened or refused; raises AssertionError if a refusal isn't one line of harmless text.
"""

import warnings
from pathlib import Path

from charrnn_engine import CharRNNError, CheckpointError, generate, list_checkpoints, load
from charrnn_engine.checkpoints.store import MODEL_FILES
from charrnn_engine.checkpoints.vocabularies import read_vocabulary
from charrnn_engine.generation.prompts import default_prompt
from charrnn_tui.models.listing import ModelEntry, facts
from charrnn_tui.ui.cards import corpus_of, held_out
from tests.fuzz.frame import check_message
from tests.fuzz.hdf5_damage import OUTSIDE
from tests.fuzz.mutations import Case

FILES = ("model.keras", "vocabulary.json", "card.json", "tokenizer.json")
_TOKENS = 9  # of the small models
_LONGEST = 700


def write_case(case: Case, folder: Path, outside: Path) -> None:
    """Writes the files of a case down; those that point out of it point to `outside`."""
    path = str(outside).encode()
    way = b"/" * (len(OUTSIDE) - len(path)) + path
    for name in MODEL_FILES:
        (folder / name).unlink(missing_ok=True)
    for name, content in zip(
        (case.name, *FILES[1:]), (case.model, case.vocabulary, case.card, case.tokenizer), strict=True
    ):
        (folder / name).write_bytes(content.replace(OUTSIDE, way))


def open_case(folder: Path) -> bool:
    """Whether the checkpoint in a folder opens. Its parent must be a folder that is searched by name."""
    warnings.simplefilter("ignore")  # overflowing numbers are allowed
    for info in list_checkpoints():
        if info.folder == folder:
            _check(info.problem)
            entry = ModelEntry(
                info.name, info.name, folder, folder / "model.keras", card=info.card, problem=info.problem
            )
            for value in (value for _, value in facts(entry)):
                assert value.isprintable(), f"shows {value!r}"
            held_out(info.card)
            corpus_of(info.card)
    try:
        read_vocabulary(folder / "tokenizer.json", _TOKENS)
    except CheckpointError as error:
        _check(str(error))
    try:
        model = load(folder)
    except CheckpointError as error:
        _check(str(error))
        return False
    try:
        for token in generate(model, default_prompt(model), seed=1, max_tokens=4, endless=True):
            assert 0 <= token.probability <= 1, f"drew with probability {token.probability}"
    except CharRNNError as error:
        _check(str(error))
    return True


def _check(message: str | None) -> None:
    assert message != "", "says nothing"
    check_message(message, _LONGEST)
