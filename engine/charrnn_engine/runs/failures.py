"""What a run has failed of, as a line that a person can act on. Knows TensorFlow's errors by their names alone."""

import errno
import importlib.util
import sys
import tempfile
from dataclasses import dataclass

from charrnn_engine.errors import CharRNNError
from charrnn_engine.runs.errors import CorpusError, Kind, SettingsError, TrainingError

_DISK = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ENOENT,
    errno.ENOTDIR,
}  # fmt: skip
_OUT_OF_MEMORY = ("oom when allocating", "failed to allocate", "out of memory", "bad_alloc")


@dataclass(frozen=True)
class Failure:
    """`code` is the exit code: 2 for what the caller got wrong, 1 for what went wrong otherwise.

    `known` says that the message tells all; else a traceback in the log has more.
    """

    message: str
    kind: Kind
    code: int
    known: bool = True


def explain(error: Exception) -> Failure:
    """The failure that an exception stands for."""
    if isinstance(error, CorpusError):
        return Failure(str(error), "corpus", 2)
    if isinstance(error, SettingsError):
        return Failure(str(error), "settings", 2)
    if isinstance(error, TrainingError):
        return Failure(str(error), error.kind, 1)
    if isinstance(error, CharRNNError):
        return Failure(str(error), "settings", 1)
    if _is_memory(error):
        return Failure(
            "training ran out of memory; a smaller --batch, --window or --units needs less", "memory", 1, known=False
        )
    if isinstance(error, OSError) and error.errno in _DISK:
        where = error.filename or tempfile.gettempdir()
        return Failure(f"{where}: the disk refuses ({error.strerror})", "disk", 1, known=False)
    return Failure(f"training failed, {type(error).__name__}: {_first_line(error)}", "other", 1, known=False)


def missing_tensorflow() -> str:
    """What to do before anything can be trained, in a line; nothing where all is there. It imports nothing."""
    if importlib.util.find_spec("tensorflow") is not None:
        return ""
    if sys.version_info >= (3, 14):  # there the extra is empty
        python = "Python " + ".".join(map(str, sys.version_info[:2]))
        return f"training needs TensorFlow, which has no wheel for {python} yet; with Python 3.11 to 3.13 it works"
    return "training needs TensorFlow, which isn't installed: pip install 'charrnn-tui[train]'"


def check_tensorflow() -> None:
    """Raises TrainingError where it isn't installed."""
    if missing := missing_tensorflow():
        raise TrainingError(missing, "tensorflow")


def import_failure(error: BaseException) -> TrainingError:
    """What to say of a TensorFlow that is installed and can't be started."""
    return TrainingError(
        f"TensorFlow is installed but doesn't start ({type(error).__name__}: {_first_line(error)}); "
        "pip install --force-reinstall 'charrnn-tui[train]' may mend it",
        "tensorflow",
    )


def _is_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return True
    said = str(error).lower()
    return any(words in said for words in _OUT_OF_MEMORY)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["without a reason"])[0][:200]
