"""Whatever a model writes or a name is made of is shown harmlessly, in its columns, and is kept as it was written."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.pilot import Pilot

from charrnn_engine import Controls, Vocabulary, generate, load
from charrnn_engine.vocabulary import EOS, PAD
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.save.forms import Kind, TextToSave, save_text
from charrnn_tui.text.escapes import as_typed, escaped, typeable, unescape, visible
from charrnn_tui.text.terminal_filter import HarmlessLines
from charrnn_tui.ui.prompt_bar import PromptInput
from tests.archives import write_model
from tests.fuzz.keys import ODD, check_widths, laid_out
from tests.terminal import Terminal
from tests.tui.command import Command, environment, start
from tests.tui.pilot import app_for, playing, until

WILD = st.text(st.characters() | st.sampled_from(ODD + "\udcff\ud83d"), max_size=30)
# What a terminal would obey, but for the sequences that the app itself writes.
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
NASTY = "\x1b]0;PWNED\x07\x9b2J"


@pytest.fixture(scope="module")
def odd_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that writes all that is odd."""
    folder = tmp_path_factory.mktemp("models") / "odd"
    return write_model(folder, vocabulary=Vocabulary([PAD, EOS, *dict.fromkeys(ODD)], 1))


@given(WILD)
def test_what_is_shown_is_obeyed_by_no_terminal_and_takes_its_columns_one_by_one(text: str) -> None:
    shown = visible(text)
    assert not OBEYED.search(shown)
    assert len(shown) == len(text)
    assert cell_len(shown) == sum(map(cell_len, shown))
    shown.encode("utf-8")


@given(WILD)
def test_what_is_said_on_standard_error_is_obeyed_by_no_terminal(text: str) -> None:
    assert not OBEYED.search(re.sub("[\t\ud800-\udfff]", "", escaped(text)))


@given(WILD)
def test_the_last_look_leaves_out_what_is_obeyed_and_no_column(text: str) -> None:
    line = [Segment(text), Segment("ab")]
    out = HarmlessLines().apply(line, Color.parse("black"))
    shown = "".join(segment.text for segment in out)
    assert not OBEYED.search(shown)
    if "\u200d" not in text and "\ufe0f" not in text:
        assert cell_len(shown) == cell_len(text) + 2


@given(WILD)
def test_a_prompt_is_typed_as_it_is_shown(prompt: str) -> None:
    assert unescape(as_typed(prompt)) == prompt
    assert visible(as_typed(prompt)) == as_typed(prompt)


def test_escapes_that_mean_nothing_are_left_as_they_are() -> None:
    assert unescape(r"\q \x1 \u12 \U00110000 \U0010ffff \\n \x41") == "\\q \\x1 \\u12 \\U00110000 \U0010ffff \\n A"


async def test_every_line_of_the_app_keeps_to_its_columns_at_any_size(odd_folder: Path) -> None:
    app = app_for(odd_folder, prompt="\u0301a👩\u200d🚀\x1b\t名", speed=None)
    async with app.run_test(size=(80, 24)) as pilot:
        await playing(pilot, 300)
        for keys in ((), ("space", "left", "left", "1", "left", "2", "b"), ("escape", "h"), ("p",), ("escape", "c")):
            await pilot.press(*keys)
            for size in ((41, 12), (9, 5), (80, 24)):
                await pilot.resize_terminal(*size)
                await laid_out(pilot)
                check_widths(app)


def test_what_is_kept_is_what_was_written(odd_folder: Path, tmp_path: Path) -> None:
    model = load(odd_folder)
    session = BranchingText(model, "\t\x1b名", 5)
    session.drawn([session.generation.next(Controls()) for _ in range(2_000)])
    to_save = TextToSave(model, session.recording(Controls()), list(session.generation.ids))
    tokens = generate(model, "\t\x1b名", seed=5, max_tokens=2_000, endless=True)
    text = "\t\x1b名" + "".join(token.text or "\n" for token in tokens)
    assert save_text(to_save, Kind.TEXT, tmp_path).read_bytes() == text.encode("utf-8")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_what_is_piped_is_what_was_written(odd_folder: Path, encoding: str) -> None:
    text = "a" + "".join(token.text for token in generate(load(odd_folder), "a", seed=1, max_tokens=60))
    variables = environment(PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    with start("sample", odd_folder, "--prompt", "a", "--seed", 1, "--max-chars", 60, env=variables) as process:
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out.decode(encoding) == text.encode(encoding, "backslashreplace").decode(encoding) + "\n"


def test_a_model_that_has_learnt_escape_sequences_drives_no_terminal(tmp_path: Path) -> None:
    vocabulary = Vocabulary([PAD, *dict.fromkeys(NASTY + "\u202e")])
    folder = write_model(tmp_path / "nasty", vocabulary=vocabulary, scale=0.01)
    with Terminal(["play", str(folder), "--prompt", NASTY, "--seed", "1", "--speed", "1000"]) as terminal:
        terminal.wait_for("playing")
        terminal.wait_for(lambda screen: screen.count("␛") > 20)
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
    # The app's own sequences begin with the escape character and "[", or are listed here.
    other = re.findall(rb"\x1b[^\[]", re.sub(rb"\x1b\]22;[^\x07\x1b]*(?:\x07|\x1b\\)", b"", terminal.raw))
    assert not other
    for sequence in (b"\x07", b"\x9b2J".decode("latin-1").encode("utf-8"), "\u202e".encode()):
        assert sequence not in re.sub(rb"\x1b\]22;[^\x07\x1b]*(?:\x07|\x1b\\)", b"", terminal.raw)


async def paste(pilot: Pilot[None], text: str) -> None:
    """The app's own clipboard, as y fills it, into the field that is edited."""
    pilot.app._clipboard = text
    await pilot.press("ctrl+v")


async def test_what_is_pasted_into_the_prompt_is_spelled_out(odd_folder: Path) -> None:
    app = app_for(odd_folder, prompt="a")
    async with app.run_test(size=(80, 24)) as pilot:
        await playing(pilot)
        await pilot.press("p", "ctrl+u")
        await paste(pilot, "a\n\t\x1b[0m\u202eb")
        field = app.screen.query_one(PromptInput)
        assert field.value == r"a\n\t\x1b[0m\u202eb" == typeable("a\n\t\x1b[0m\u202eb")
        await pilot.press("enter")
        screen = await playing(pilot)
        await until(pilot, lambda: screen.game.text.generation.prompt != "a")
        assert screen.game.text.generation.prompt == "a\n\t\x1b[0m\u202eb"
        check_widths(app)


async def test_a_model_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["[/bold]", "[red", "a\x1b]0;PWNED\x07b", "\u202egnp.exe", "名" * 60]
    for name in names:
        write_model(tmp_path / name, card={"corpus": {"name": name, "licence": name}, "date": name})
        (write_model(tmp_path / f"{name}-broken") / "model.keras").write_bytes(b"PK")
    monkeypatch.setenv("CHARRNN_CHECKPOINTS", str(tmp_path))
    app = app_for(tmp_path / names[0])
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await playing(pilot)
        for name in names:
            screen.open_model(str(tmp_path / name), "the ")
            await until(pilot, lambda name=name: screen.game.model.name == Path(name).name)  # type: ignore[misc]
            app.notify(f"the model {name} is said to be there")
            await laid_out(pilot)
            check_widths(app)
            # The list of models, where the cursor stands on this one, and the other place that names it.
            for opens in ("m", "s" if names.index(name) % 2 else "c"):
                await pilot.press(opens)
                await until(pilot, lambda: app.screen is not screen)
                await laid_out(pilot)
                check_widths(app)
                await pilot.press("down", "escape", "escape")
                await until(pilot, lambda: app.screen is screen)


@pytest.mark.parametrize("said", ["\x1b]0;PWNED\x07", "\x9b2J", "\u202etxt"])
def test_names_in_errors_drive_no_terminal(command: Command, tmp_path: Path, said: str) -> None:
    folder = write_model(tmp_path / f"a{said}b")
    (folder / "model.keras").write_bytes(b"PK")
    for args in (
        ("sample", folder),
        ("sample", f"gone{said}"),
        ("sample", folder, "--prompt", said),
        ("evaluate", folder, folder),
    ):
        result = command(*args)
        assert result.code == 2
        assert not OBEYED.search(result.err)
        assert len(result.err.splitlines()) == 1
