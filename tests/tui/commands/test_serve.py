"""`charrnn-tui serve`: the app in a real browser, a limit of visitors, and no way to the files of this machine."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
from textual.binding import Binding

from charrnn_engine.checkpoints.locations import settings_file, user_data
from charrnn_tui.app import PlaygroundApp
from charrnn_tui.models.screen import ModelsScreen
from charrnn_tui.play.screen import PlayScreen
from charrnn_tui.ui.host_files import NEEDS_FILES, NOTICE
from tests.browser import Browser, chromium
from tests.tui.command import Command, Process, environment, start
from tests.tui.pilot import app_for, notice, paused, play_screen, until

needs_chromium = pytest.mark.skipif(chromium() is None, reason="no Chromium: apt-get install chromium")


@contextmanager
def serving(model: Path, *options: str) -> Iterator[str]:
    """A server for one visitor; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    play = ("--prompt", "the ", "--seed", "3", "--temperature", "1")
    with start("serve", "--port", port, "--limit", 1, *options, model, "--", *play) as server:
        until_it_answers(server, port)
        assert server.stderr is not None
        assert b"1 visitors at most" in server.stderr.readline()  # it says so shortly before it listens
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            code = server.wait(30)
        assert code == 130


def until_it_answers(server: Process, port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=30).close()
            return
        except ConnectionRefusedError:
            assert server.poll() is None, server.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)


@needs_chromium
async def test_in_a_browser_text_streams_keys_reach_it_and_nothing_is_saved(model_folder: Path, home: Path) -> None:
    with serving(model_folder) as address:
        async with Browser() as browser, aiohttp.ClientSession() as others:
            await browser.open(address)
            first = await browser.wait_for("the ", "T 1.00", "playing", NOTICE)
            await browser.wait_for_change(first)
            await browser.press("up")
            await browser.wait_for("T 1.05")
            await browser.press("s", "t", "space")
            shown = await browser.wait_for("paused", "resume")
            assert "folder" not in shown  # the dialog that asks where to save
            assert " save" not in shown

            async with others.get(address) as answer:
                assert answer.status == 503
                assert "All 1 places are taken" in await answer.text()
            await browser.press("q")
            await browser.wait_for("Session ended")
            async with asyncio.timeout(60):  # the place is free again
                while True:
                    async with others.get(address) as answer:
                        if answer.status == 200:
                            break
                    await asyncio.sleep(0.05)
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await others.ws_connect(f"{address}/ws", headers={"Origin": "http://elsewhere.example"})
    assert not [path for path in home.rglob("*") if path.is_file()]


async def test_where_files_are_allowed_a_visitor_can_save(model_folder: Path) -> None:
    with serving(model_folder, "--allow-files") as address:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{address}/ws") as visit,
            asyncio.timeout(60),
        ):
            drawn = b""
            while b"playing" not in drawn:
                drawn += (await visit.receive()).data
            await visit.send_json(["stdin", "s"])
            while b"folder" not in drawn:
                drawn += (await visit.receive()).data


async def test_a_visitor_is_offered_nothing_that_uses_files(model_folder: Path, home: Path) -> None:
    async with app_for(model_folder, files_allowed=False).run_test(size=(120, 40)) as pilot:
        screen = await paused(pilot)
        assert notice(pilot) == NOTICE
        await pilot.press("s", "t", "o", "ctrl+z")
        await pilot.pause()
        assert pilot.app.screen is screen
        titles = {command.title for command in pilot.app.get_system_commands(screen)}
        assert not {title for title in titles if title.startswith(("Save", "Train", "Screenshot", "Read"))}

        await pilot.press("m")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelsScreen))
        models = pilot.app.screen
        await until(pilot, lambda: models.highlighted is not None)  # type: ignore[attr-defined]
        await pilot.press(*"/etc/passwd", "enter", "ctrl+o")
        await pilot.pause()
        assert pilot.app.screen is models
        await pilot.press("escape", "escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert play_screen(pilot).saving.live_path is None
    assert not settings_file().exists()
    assert not user_data().exists()


def test_what_needs_files_is_refused_by_every_screen_with_such_a_key() -> None:
    named = {
        binding.action.split("(")[0]
        for screen in (PlayScreen, ModelsScreen, PlaygroundApp)
        for binding in screen.BINDINGS
        if isinstance(binding, Binding)
    }
    assert {"save", "app.train", "file", "suspend_process"} <= named & NEEDS_FILES


def test_whatever_gets_past_the_keys_cannot_write_or_start_anything(tmp_path: Path) -> None:
    attempts = [
        "open('new', 'w')", "open('kept', 'a')", "open('kept', 'r+b')", "os.open('new', os.O_CREAT)",
        "os.remove('kept')", "os.rename('kept', 'new')", "os.mkdir('new')", "pathlib.Path('new').write_text('')",
        "tempfile.mkstemp(dir='.')", "shutil.rmtree('.')", "subprocess.run(['true'])", "os.system('touch new')",
        "os.symlink('kept', 'new')",
    ]  # fmt: skip
    (tmp_path / "kept").write_text("as it was")
    program = f"""
import os, pathlib, shutil, subprocess, tempfile
from charrnn_tui.ui.host_files import seal
seal()
for attempt in {attempts!r}:
    try:
        exec(attempt)
    except PermissionError:
        continue
    print(attempt)
print(open('kept').read(), open(os.devnull, 'w').name)
"""
    said = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment(), capture_output=True)
    assert said.stdout.decode() == f"as it was {os.devnull}\n", said.stderr.decode()
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_serve_says_what_is_wrong_before_it_serves(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments, named in [
        (["no-such-model"], "no-such-model"),
        (["--", "--speed", "0"], "--speed"),
        (["--host", "192.0.2.1"], "192.0.2.1"),
        (["--limit", "0"], "--limit"),
    ]:
        result = command("serve", *arguments)
        assert (result.code, result.out) == (2, "")
        assert named in result.err
        assert result.err.count("\n") == 1
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    monkeypatch.delitem(sys.modules, "charrnn_tui.commands.web_server", raising=False)
    result = command("serve")
    assert result.code == 2
    assert "pip install 'charrnn-tui[web]'" in result.err
