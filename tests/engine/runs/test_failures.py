"""Every failure of a run is one line that says what to do."""

import pytest

from charrnn_engine.errors import CorpusError, SettingsError, TrainingError
from charrnn_engine.runs.failures import explain, importing_tensorflow, last_words


class UnavailableError(Exception):
    """As TensorFlow names what it raises."""


class ResourceExhaustedError(Exception):
    """Named as TensorFlow's."""


@pytest.mark.parametrize(
    ("error", "kind", "code", "said"),
    [
        (CorpusError("a.txt: gone"), "corpus", 2, "a.txt: gone"),
        (SettingsError("--lr is 0"), "settings", 2, "--lr is 0"),
        (TrainingError("it diverged", "nan"), "nan", 1, "it diverged"),
        (MemoryError(), "memory", 1, "ran out of memory; a smaller --batch"),
        (ResourceExhaustedError("OOM"), "memory", 1, "ran out of memory"),
        (RuntimeError("std::bad_alloc"), "memory", 1, "ran out of memory"),
        (OSError(28, "No space left on device"), "disk", 1, "it can't be written (No space left on device)"),
        (OSError(30, "Read-only file system", "/x/y"), "disk", 1, "/x/y: it can't be written"),
        (UnavailableError("Graph execution error:"), "other", 1, "another worker is gone; start all of them again"),
        (ValueError("one\ntwo"), "other", 1, "training failed, ValueError: one"),
    ],
)
def test_an_exception_becomes_one_line_with_its_kind(error, kind, code, said):
    failure = explain(error)
    assert (failure.kind, failure.code) == (kind, code)
    assert said in failure.message
    assert "\n" not in failure.message


def test_a_tensorflow_that_doesnt_start_becomes_one_line():
    with pytest.raises(TrainingError, match=r"doesn't start \(ImportError: libfoo") as caught, importing_tensorflow():
        raise ImportError("libfoo.so: no such file\nanother line")
    assert "\n" not in str(caught.value)
    assert explain(caught.value).kind == "tensorflow"
    with pytest.raises(MemoryError), importing_tensorflow():
        raise MemoryError


@pytest.mark.parametrize(
    ("code", "log", "said"),
    [
        (-9, "anything", "was killed (SIGKILL): most often because memory ran out"),
        (-4, "", "instructions that this processor lacks"),
        (-6, "terminate called after throwing an instance of 'std::bad_alloc'\n", "ran out of memory"),
        (-11, "Fatal: so\n\nE0000 00:00:1 cuda_platform.cc:52] failed call to cuInit\n", "signal SIGSEGV: Fatal: so"),
        (3, "", "exit code 3"),
        (-250, "", "signal 250"),
    ],
)
def test_a_process_that_ended_without_a_report_gets_one_line(code, log, said):
    words = last_words(code, log)
    assert said in words
    assert "\n" not in words
    assert "cuInit" not in words, "what TensorFlow always prints is no reason"
