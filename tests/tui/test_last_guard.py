"""Whatever breaks the app ends it in one line and a non-zero exit code, and its text is offered at the next start."""

import os
import signal
from pathlib import Path

import pytest

from charrnn_engine.checkpoints.locations import user_data
from tests.terminal import Terminal
from tests.tui.command import import_path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pty")

BREAKS = {
    "drawing": "charrnn_tui.play.game:Game._draw",
    "the thread that reads keys": "textual._xterm_parser:XTermParser.feed",
    "a task": "charrnn_tui.save.screen:Saving._save",
}


def broken(where: str, folder: Path) -> dict[str, str]:
    """An environment whose Python breaks one function once the text has begun and `x` lies in the home folder."""
    module, name = BREAKS[where].split(":")
    owner, method = name.split(".")
    (folder / "sitecustomize.py").write_text(
        f"""
import importlib.abc, importlib.machinery, pathlib, sys
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != {module!r}:
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        run = spec.loader.exec_module
        def exec_module(made):
            run(made)
            whole = getattr(made.{owner}, {method!r})
            def breaks(self, *args, **options):
                if pathlib.Path.home().joinpath("x").exists():
                    raise ZeroDivisionError("on purpose")
                return whole(self, *args, **options)
            made.{owner}.{method} = breaks
        spec.loader.exec_module = exec_module
        return spec
sys.meta_path.insert(0, Finder())
""",
        encoding="utf-8",
    )
    return {"PYTHONPATH": import_path(folder)}


@pytest.mark.parametrize("where", BREAKS)
def test_an_error_that_nobody_expected_ends_the_app_in_a_line_and_its_text_comes_back(
    where: str, model_folder: Path, tmp_path: Path, home: Path
) -> None:
    start = ["play", str(model_folder), "--prompt", "the ", "--seed", "1", "--speed", "20"]
    with Terminal(start, 100, 30, **broken(where, tmp_path)) as terminal:
        terminal.wait_for("playing")
        terminal.press("p")
        terminal.wait_for("for a new line")
        terminal.press("a\u00e9b", "escape")
        terminal.wait_for("g greedy")
        (home / "x").touch()
        if where == "a task":
            terminal.press("s")
            terminal.wait_for("JSON lines")
        terminal.press("enter" if where == "a task" else "up")
        assert terminal.wait_for_exit() == 1
        said = terminal.raw[terminal.raw.rindex(b"\x1b[?1049l") :].decode()
        assert said.count("charrnn-tui: unexpected error, ZeroDivisionError: on purpose; the text is kept in") == 1
        assert "Traceback" not in said
    (home / "x").unlink()
    (text,) = (user_data() / "kept").glob("*.txt")
    assert text.read_text(encoding="utf-8").startswith("the ")
    if where == "drawing":  # once is enough
        with Terminal(start[:2], 100, 30) as terminal:
            terminal.wait_for("The last session broke off")
            terminal.press("\x10")
            terminal.wait_for("Search for commands")
            terminal.press("last text")
            terminal.wait_for("Play the text of the session")
            terminal.press("enter")
            terminal.wait_for("End of recording")
            terminal.press("p")
            terminal.wait_for("a\u00e9b")
            assert terminal.wait_for_exit("escape", "q") == 0
        with Terminal(start[:2], 100, 30) as terminal:
            assert "broke off" not in terminal.wait_for("playing")


def test_the_text_of_a_closed_terminal_is_kept(model_folder: Path) -> None:
    with Terminal(["play", str(model_folder), "--seed", "1"]) as terminal:
        terminal.wait_for("playing")
        assert terminal.hang_up() == 128 + signal.SIGHUP
    assert [*(user_data() / "kept").glob("*.txt")]
