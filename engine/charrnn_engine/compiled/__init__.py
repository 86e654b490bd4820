"""The extra `fast`: batches stepped by code that numba compiles, on all cores. Without it only speed is missing.

numba takes a third of a second to load, and some seconds to compile when it is used for the first time on a machine.
So it is loaded once batches have had about as much to do, and at once where it has been loaded before.
"""

from charrnn_engine.generation.rows import Rows
from charrnn_engine.network.model import CharRNN

_WORTH_WHILE = 20_000_000_000  # products that batches of this process have made in numpy, in about a second

_made = 0
_loaded: bool | None = None


def count(model: CharRNN, tokens: int) -> None:
    """Takes note of tokens that a batch has written in numpy."""
    global _made
    _made += tokens * model.parameters


def worth_while() -> bool:
    """Whether to go on in compiled code."""
    return _loaded is not False and (_loaded is True or _made > _WORTH_WHILE)


def load() -> bool:
    """Loads the extra; False where it isn't installed or can't be used."""
    global _loaded
    if _loaded is None:
        try:
            from charrnn_engine.compiled import kernel  # noqa: F401
        except Exception:  # whatever is wrong with a compiler, texts can be written without it
            _loaded = False
        else:
            _loaded = True
    return _loaded


def groups(model: CharRNN, rows: int) -> list[Rows]:
    """Rows for so many texts, in groups that are stepped at the same time; none where that isn't possible."""
    if not load():
        return []
    from charrnn_engine.compiled.rows import compiled_groups

    return compiled_groups(model, rows)
