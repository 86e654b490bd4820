"""A file that is kept as a text goes on says, at any time, what the text says, however it goes back and parts."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charrnn_engine import CharRNN, Controls, Token
from charrnn_tui.play.session import Session
from charrnn_tui.save.live_file import OngoingFile, OngoingText
from charrnn_tui.text.token_log import TokenLog

TEXTS = ["", "a", "é", "漢", "\n", " bc", "😀"]


def token(index: int) -> Token:
    return Token(index, TEXTS[index], 0.5, 0.5, 1.0, Controls(), 0)


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.data())
def test_a_file_is_cut_after_so_many_characters(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("file") / "text"
    path.write_text(text, encoding="utf-8", newline="")
    file = OngoingFile(path)
    length = data.draw(st.integers(0, len(text)))
    file.cut(length)
    file.write("漢b")
    assert path.read_bytes() == (text[:length] + "漢b").encode()
    file.close()


def test_a_long_file_is_cut_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "text"
    text = "aé漢😀" * 400_000
    path.write_text(text, encoding="utf-8")
    file = OngoingFile(path)
    for length in (1_599_999, 1_200_002, 1_200_001, 700_003, 5):
        file.cut(length)
        assert path.read_bytes() == text[:length].encode()
    file.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["write", "back", "keep up"]), st.integers(1, 6)), max_size=12))
def test_it_says_what_the_log_says_whenever_it_has_kept_up(tmp_path: Path, steps: list[tuple[str, int]]) -> None:
    path = tmp_path / "text"
    log = TokenLog(TEXTS)
    log.extend([token(3), token(4)])
    path.write_text("prompt" + log.text(0), encoding="utf-8")
    ongoing = OngoingText("prompt", log)
    for number, (what, count) in enumerate(steps):
        if what == "write":
            ongoing.parting()
            log.extend([token((number + at) % 6 + 1) for at in range(count)])
        elif what == "back":
            log.truncate(max(0, len(log) - count))
        elif ongoing.file is None:
            ongoing.follow(path)
        else:
            ongoing.keep_up()
    if ongoing.file is None:
        ongoing.follow(path)
    ongoing.parting()
    log.extend([token(1)])
    ongoing.close()
    assert path.read_text(encoding="utf-8") == "prompt" + log.text(0)


def test_walking_back_leaves_the_file_as_it_is_until_the_text_goes_another_way(
    tmp_path: Path, model: CharRNN
) -> None:
    session = Session(model, "the ", 3)
    path = tmp_path / "text"
    path.write_text("the ", encoding="utf-8")
    session.keep_in_a_file().follow(path)
    ongoing = session.ongoing
    assert ongoing is not None

    def go_on(count: int, controls: Controls) -> None:
        for _ in range(count):
            session.drawn([session.generation.next(controls)])
        assert ongoing is not None
        ongoing.keep_up()

    go_on(50, Controls())
    whole = path.read_text(encoding="utf-8")
    assert whole == "the " + session.log.text(0)
    session.back(20)
    ongoing.keep_up()
    assert path.read_text(encoding="utf-8") == whole
    go_on(5, Controls())  # the same way
    assert path.read_text(encoding="utf-8") == whole
    go_on(5, Controls(greedy=True))
    assert path.read_text(encoding="utf-8") == "the " + session.log.text(0)
    session.return_to(0)
    ongoing.keep_up()
    assert path.read_text(encoding="utf-8") == whole
    ongoing.close()


def test_who_goes_back_further_after_parting_leaves_the_file_at_the_cursor(tmp_path: Path) -> None:
    path = tmp_path / "text"
    log = TokenLog(TEXTS)
    log.extend([token(1)] * 9)
    path.write_text("prompt" + log.text(0), encoding="utf-8")
    ongoing = OngoingText("prompt", log)
    ongoing.follow(path)
    log.truncate(6)
    ongoing.parting()
    log.truncate(2)
    ongoing.keep_up()
    assert path.read_text(encoding="utf-8") == "prompt" + log.text(0)
    log.extend([token(2)] * 3)
    ongoing.close()
    assert path.read_text(encoding="utf-8") == "prompt" + log.text(0)


def test_what_cannot_be_written_leaves_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "text"
    path.write_text("whole", encoding="utf-8")
    log = TokenLog(TEXTS)
    ongoing = OngoingText("whole", log)
    ongoing.follow(path)

    class Full:
        """A file on a disk that takes two bytes more."""

        def __init__(self, file: object) -> None:
            self._file, self._room = file, 2

        def __getattr__(self, name: str) -> object:
            return getattr(self._file, name)

        def write(self, content: bytes) -> int:
            if not self._room:
                raise OSError(28, "No space left on device")
            written, self._room = content[: self._room], 0
            return self._file.write(written)  # type: ignore[attr-defined,no-any-return]

    assert ongoing.file is not None
    monkeypatch.setattr(ongoing.file, "_file", Full(ongoing.file._file))
    log.extend([token(3)] * 4)
    with pytest.raises(OSError, match="No space"):
        ongoing.keep_up()
    assert path.read_text(encoding="utf-8") == "whole"
    assert ongoing.file is None
