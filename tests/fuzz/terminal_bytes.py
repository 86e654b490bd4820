"""Sends random bytes to every screen of the app in a terminal: invalid UTF-8, broken escape sequences, mouse reports,
pastes of a megabyte. Nothing may break it; then escape and q end it within two seconds, with the terminal as it was.

    python -m tests.fuzz.terminal_bytes --seconds 600 --seed 1
"""

import os
import random
import sys
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.archives import write_model, write_speller
from tests.fuzz.frame import Target, main
from tests.fuzz.keys import WAYS
from tests.terminal import KEYS, Terminal
from tests.tui.command import import_path

LEAVES_WITHIN = 2.0 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
"""Seconds by the clock: two on a machine at rest, more on one that is busy with other work."""
STUCK_AFTER = 15 * LEAVES_WITHIN
_PAUSE = 0.11  # a lone escape is told from the beginning of another key by the time after it
_BURSTS = 12  # to one start of the app
_BYTES = {**KEYS, "space": " ", "tab": "\t", "question_mark": "?", "ctrl+p": "\x10"}
_ENDS = b"@ABCDEFGHIJKLMPSTXZ^`abcdefghilmnpqrsuMm~$y"

slowest = 0.0


def garbage(chance: random.Random) -> bytes:
    """A burst of bytes that no keyboard sends."""
    kind = chance.randrange(9)
    if kind == 0:
        made = chance.randbytes(chance.randrange(1, 400))
    elif kind == 1:
        made = bytes(chance.choices((0xE9, 0xC3, 0xFF, 0x80, 0xED, 0xA0, 0xF4, 0x90), k=chance.randrange(1, 60)))
    elif kind == 2:  # CSI with numbers of any size
        chosen = chance.choices((0, 1, 9, 48, 200, 255, 10**6, 10**18), k=chance.randrange(5))
        numbers = ";".join(map(str, chosen))
        made = b"\x1b[" + chance.choice((b"", b"?", b"<", b">", b"=")) + numbers.encode() + _one(chance, _ENDS)
    elif kind == 3:  # the mouse: of old terminals, and as SGR
        at = (chance.choice((0, 1, 40, 300, 99999)), chance.choice((0, 1, 12, 99999)))
        old = b"\x1b[M" + chance.randbytes(3)
        made = chance.choice((old, b"\x1b[<%d;%d;%dM" % (chance.randrange(130), *at), b"\x1b[<0;%d;%dm" % at)) * 3
    elif kind == 4:  # a terminal takes escapes out of what is pasted
        pasted = chance.choice((b"a", b"\xff", b"\n", b"\0", "é".encode(), b"\x1b["))
        pasted *= chance.choice((1, 50, 50, 500))
        pasted = b"\n \xff" * 300_000 if chance.random() < 0.05 else pasted
        made = b"\x1b[200~" + pasted + chance.choice((b"\x1b[201~", b"\x1b[201~", b""))
    elif kind == 5:
        made = b"\x1b" * chance.randrange(1, 9) + _one(chance, b"[]OPX^_N ")
    elif kind == 6:  # answers that nobody asked for
        made = chance.choice((
            b"\x1b[?2026;2$y", b"\x1b[?2048;1$y", b"\x1b[48;9999;9999;1;1t", b"\x1b[48;24;80;0;0t", b"\x1b[1;1R",
            b"\x1b]11;rgb:ff/ff/ff\x1b\\", b"\x1bP>|x\x1b\\",
        ))  # fmt: skip
    elif kind == 7:  # the keyboard of kitty
        key = chance.choice((0, 97, 57399, 0x110000, 10**9))
        made = b"\x1b[%d;%d;%du" % (key, chance.randrange(20), chance.randrange(200))
    else:
        made = bytes(chance.randrange(32, 127) for _ in range(30))
    # Ctrl-Z would stop it; Ctrl-C, Ctrl-Q and q rightly end it.
    return made.translate(None, b"\x1a\x03\x11q")


def _one(chance: random.Random, choices: bytes) -> bytes:
    return bytes([chance.choice(choices)])


class _Unseen(Terminal):
    """A terminal without a screen: it keeps only the end of what it was sent."""

    received = 0

    def _feed(self, output: bytes) -> None:
        self.received += len(output)
        self.raw = (self.raw + output)[-200_000:]

    def send_some(self, content: bytes) -> int:
        """Writes what the app has room for; returns how many bytes. Raises BlockingIOError where it has none."""
        os.set_blocking(self._child.child_fd, False)
        try:
            return os.write(self._child.child_fd, content[:4096])
        finally:
            os.set_blocking(self._child.child_fd, True)

    def leave(self) -> int:
        """Presses escape a few times and then q, each as a key of its own, until it ends; its exit code."""
        ends = time.monotonic() + STUCK_AFTER
        while self._child.isalive():
            assert time.monotonic() < ends, f"escape and q don't leave it: {self.raw[-400:]!r}"
            for key in ("\x1b", "\x1b", "\x1b", "q"):
                with suppress(OSError):
                    self.press(key)
                self.read_on(_PAUSE)
                time.sleep(_PAUSE)
        before = -1
        while self.received > before:  # what it said last
            before = self.received
            self.read_on(_PAUSE)
        self._child.wait()
        return self._exit_code


@cache
def _models() -> tuple[Path, Path, TemporaryDirectory[str]]:
    kept = TemporaryDirectory()
    return write_model(Path(kept.name) / "small"), write_speller(Path(kept.name) / "speller"), kept


def terminal_bytes(chance: random.Random, folder: Path, bursts: int = _BURSTS) -> None:
    """One start of the app."""
    global slowest
    way = chance.choice(list(WAYS))
    bad = folder / "bad" / "tensorflow"  # no training starts
    bad.mkdir(parents=True)
    (bad / "__init__.py").write_text("raise ImportError\n", encoding="utf-8")
    model = chance.choice(_models()[:2])
    command = ["play", str(model), "--seed", "1", "--debug"]
    with _Unseen(command, chance.choice((80, 120, 40)), 24, PYTHONPATH=import_path(bad.parent)) as app:
        app.wait_for(lambda _: b"playing" in app.raw)
        app.press(*(_BYTES.get(key, key) for key in WAYS[way]))
        for _ in range(bursts):
            app.read_on(chance.choice((0.01, 0.05, 0.2)))
            _send(app, garbage(chance))
        began = time.monotonic()
        code = app.leave()
        took = time.monotonic() - began
        slowest = max(slowest, took)
        said = app.raw[app.raw.rfind(b"\x1b[?1049l") :].decode("utf-8", "replace")
        assert code == 0, f"{way}: ended with {code}: {said[-6000:]}"
        assert app.raw.rfind(b"\x1b[?1049l") > app.raw.rfind(b"\x1b[?1049h"), (
            f"{way}: the alternate screen is left on: {app.raw[-300:]!r}"
        )
        assert took < LEAVES_WITHIN, f"{way}: escape and q left after {took:.1f} s"


def _send(app: _Unseen, content: bytes) -> None:
    """As a terminal does it, which goes on reading what the app writes."""
    while content:
        try:
            content = content[app.send_some(content) :]
        except BlockingIOError:
            app.read_on(0.01)
        except OSError:  # it has ended
            return


TARGETS: dict[str, Target] = {"terminal bytes": terminal_bytes}

if __name__ == "__main__":
    code = main(TARGETS, __doc__)
    print(f"left within {slowest:.1f} s at the latest")
    sys.exit(code)
