"""The extra `fast`: batches stepped by code that numba compiles, on all cores. Without it only speed is missing.

numba takes the better part of a second to import, and some more to compile when it is used for the first time on a
machine: it is loaded once batches have written so much that this is soon won back.
"""

from charrnn_engine.model import CharRNN
from charrnn_engine.rows import Rows

_WORTH_WHILE = 200_000  # tokens that batches of this process have written

_written = 0
_loaded: bool | None = None


def worth_while(tokens: int) -> bool:
    """Counts tokens written without compiled code, and says whether that is soon faster, or at once."""
    global _written
    _written += tokens
    return _loaded is not False and (_loaded is True or _written > _WORTH_WHILE)


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
