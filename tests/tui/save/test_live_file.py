"""A live file holds what its text holds, wherever the text goes back and takes another continuation."""

import asyncio
import resource
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charrnn_engine import CharRNN, Controls, Token, Vocabulary
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.save.live_file import LiveFile, LiveText
from charrnn_tui.text.token_log import TokenLog

VOCABULARY = Vocabulary(["<pad>", "a", "é", "漢", "\n", " bc", "😀"], level="word")


def token(index: int) -> Token:
    return Token(index, VOCABULARY.texts[index], 0.5, 0.5, 1.0, Controls(), 0)


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.data())
def test_a_file_is_cut_after_so_many_characters(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("file") / "text"
    path.write_text(text, encoding="utf-8", newline="")
    file = LiveFile(path)
    length = data.draw(st.integers(0, len(text)))
    file.cut(length)
    file.write("漢b")
    assert path.read_bytes() == (text[:length] + "漢b").encode()
    file.close()


def test_a_long_file_is_cut_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "text"
    text = "aé漢😀" * 400_000
    path.write_text(text, encoding="utf-8")
    file = LiveFile(path)
    for length in (1_599_999, 1_200_002, 1_200_001, 700_003, 5):
        file.cut(length)
        assert path.read_bytes() == text[:length].encode()
    file.close()


class Text:
    """A text as a live file sees it."""

    def __init__(self, model: CharRNN, path: Path) -> None:
        self.model, self.prompt, self.ids = model, "prompt", ()
        self.changed_from = float("inf")
        self.log = TokenLog(VOCABULARY)
        self.add(3, 4)
        self.path = path
        path.write_text(self.whole, encoding="utf-8")

    def add(self, *ids: int) -> None:
        self.changed_from = min(self.changed_from, len(self.log))
        self.log.extend([token(index) for index in ids])

    @property
    def whole(self) -> str:
        return self.prompt + self.log.text(0)

    @property
    def written(self) -> str:
        return self.path.read_text(encoding="utf-8")


async def kept_up(live: LiveText, path: Path) -> None:
    """Writes to the file until the text is in it, and closes it."""
    live.stop()
    await live.follow(path, lambda: None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["write", "back"]), st.integers(1, 6)), max_size=12))
def test_the_file_holds_what_the_log_holds(tmp_path: Path, model: CharRNN, steps: list[tuple[str, int]]) -> None:
    async def scenario() -> None:
        text = Text(model, tmp_path / "text")
        live = LiveText(text)
        following = asyncio.create_task(live.follow(text.path, lambda: None))
        for number, (what, count) in enumerate(steps):
            if what == "write":
                text.add(*((number + at) % 6 + 1 for at in range(count)))
            else:
                text.log.truncate(max(0, len(text.log) - count))
            live.write_soon()
            await asyncio.sleep(0)
        text.add(1)
        live.stop()
        await following
        assert text.written == text.whole

    asyncio.run(scenario())


async def test_going_back_leaves_the_file_until_another_continuation_is_drawn(tmp_path: Path, model: CharRNN) -> None:
    text = BranchingText(model, "the ", 3)
    path = tmp_path / "text"
    path.write_text("the ", encoding="utf-8")
    live = LiveText(text)
    begun = asyncio.Event()
    following = asyncio.create_task(live.follow(path, begun.set))
    await begun.wait()

    def play(count: int, controls: Controls = Controls()) -> None:
        for _ in range(count):
            text.drawn([text.generation.next(controls)])

    async def written_is(expected: str) -> None:
        live.write_soon()
        async with asyncio.timeout(20):
            while await asyncio.to_thread(path.read_text, encoding="utf-8") != expected:
                live.write_soon()

    play(50)
    whole = "the " + text.log.text(0)
    await written_is(whole)
    text.go_to(30)
    play(5)  # the same continuation
    await written_is(whole)
    play(5, Controls(greedy=True))
    await written_is("the " + text.log.text(0))
    text.return_to(0)
    live.stop()
    await following
    assert path.read_text(encoding="utf-8") == whole


async def test_going_back_further_than_the_change_leaves_the_file_at_the_cursor(
    tmp_path: Path, model: CharRNN
) -> None:
    text = Text(model, tmp_path / "text")
    live = LiveText(text)
    text.log.truncate(1)
    text.add(5)
    text.log.truncate(0)
    await kept_up(live, text.path)
    assert text.written == text.whole == "prompt"


async def test_a_failed_write_leaves_the_file_as_it_was(tmp_path: Path, model: CharRNN) -> None:
    text = Text(model, tmp_path / "text")
    before = text.written
    live = LiveText(text)
    text.add(*[3] * 4)
    live.stop()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before.encode()) + 2, hard))  # a disk that takes two bytes more
    try:
        with pytest.raises(OSError, match="too large"):
            await live.follow(text.path, lambda: None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert text.written == before
