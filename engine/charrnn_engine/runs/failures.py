"""Why a run failed, as a line that a person can act on. Knows TensorFlow's errors only by their names."""

import contextlib
import errno
import importlib.metadata
import importlib.util
import os
import re
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass

from charrnn_engine.errors import (
    CharRNNError,
    CorpusError,
    FailureKind,
    SettingsError,
    TrainingError,
    install_command,
)

_SIGILL, _SIGKILL = 4, 9  # by number: Windows lacks some of the names
_DISK = {"ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "EIO", "ENOENT", "ENOTDIR"}
_OUT_OF_MEMORY = ("oom when allocating", "failed to allocate", "out of memory", "bad_alloc")
_MEMORY = "training ran out of memory; a smaller --batch, --window or --units needs less"
_CHATTER = re.compile(r"[IWE]\d{4} |\d{4}-\d\d-\d\d .*: [IWE] |WARNING: All log messages before absl")
"""How lines begin that TensorFlow always prints, whether anything is wrong or not."""


@dataclass(frozen=True)
class Failure:
    """`code` is the exit code: 2 for what the caller got wrong, 1 for what went wrong otherwise.

    `known`: the message says it all; otherwise a traceback in the log says more.
    """

    message: str
    kind: FailureKind
    code: int
    known: bool = True


def explain(error: Exception) -> Failure:
    """The failure that an exception stands for."""
    text = str(error)
    if isinstance(error, CorpusError | SettingsError):
        return Failure(text, "corpus" if isinstance(error, CorpusError) else "settings", 2)
    if isinstance(error, CharRNNError):
        return Failure(text, error.kind if isinstance(error, TrainingError) else "settings", 1)
    named = isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"
    if named or any(words in text.lower() for words in _OUT_OF_MEMORY):
        return Failure(_MEMORY, "memory", 1, known=False)
    if type(error).__name__ in ("UnavailableError", "AbortedError"):
        return Failure("another worker is gone; start all of them again with --resume", "other", 1, known=False)
    if isinstance(error, OSError) and errno.errorcode.get(error.errno or 0) in _DISK:
        where = error.filename or tempfile.gettempdir()
        return Failure(f"{where}: it can't be written ({error.strerror})", "disk", 1, known=False)
    return Failure(f"training failed, {type(error).__name__}: {_first_line(error)}", "other", 1, known=False)


def last_words(code: int, log: str) -> str:
    """Why a process ended without reporting a reason, in one line, from its exit code and its log."""
    said = [line.strip() for line in log.splitlines() if line.strip() and not _CHATTER.match(line)]
    if code == -_SIGKILL:
        return "the training process was killed (SIGKILL): most often because memory ran out; a smaller --batch helps"
    if code == -_SIGILL:
        return "the training process ended with SIGILL: TensorFlow uses instructions that this processor lacks"
    if any("bad_alloc" in line for line in said):
        return _MEMORY
    known = {-number: f"signal {number.name}" for number in signal.Signals}
    how = known.get(code, f"signal {-code}" if code < 0 else f"exit code {code}")
    return f"the training process ended with {how}" + (f": {said[-1][:200]}" if said else "")


def missing_tensorflow() -> str:
    """How to install TensorFlow, in a line; empty where it is installed. Imports nothing."""
    if importlib.util.find_spec("tensorflow") is not None:
        return ""
    if sys.version_info >= (3, 14):
        python = "Python " + ".".join(map(str, sys.version_info[:2]))
        return f"training needs TensorFlow, which has no wheel for {python} yet; use Python 3.11 to 3.13"
    return f"training needs TensorFlow, which isn't installed: {install_command(*_requirements())}"


def check_tensorflow() -> None:
    """Raises TrainingError where it isn't installed."""
    if missing := missing_tensorflow():
        raise TrainingError(missing, "tensorflow")


@contextlib.contextmanager
def importing_tensorflow() -> Iterator[None]:
    """For the imports that load TensorFlow: raises TrainingError where it is installed and doesn't start."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:  # its libraries can fail to fit together in many ways
        traceback.print_exc()
        command = install_command("--force-reinstall", *_requirements())
        said = f"{type(error).__name__}: {_first_line(error)}"
        message = f"TensorFlow is installed but doesn't start ({said}); try {command}"
        raise TrainingError(message, "tensorflow") from None


def _requirements() -> list[str]:
    """What the extra `train` asks for: unlike its name, it installs wherever this package came from."""
    required: list[str] = []
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        required = importlib.metadata.requires("charrnn-tui") or []
    asked = [entry.split(";")[0].strip() for entry in required if re.search(r"""extra == ["']train["']""", entry)]
    return asked or ["tensorflow"]


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0][:200]
