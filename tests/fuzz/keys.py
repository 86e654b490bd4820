"""Random keys, clicks and resizes on every screen of the app. Nothing may break it, and q must always end it.

Storm N of a seed is always the same events; how far a text has got when they come is up to the machine.

    python -m tests.fuzz.keys --seconds 600 --seed 1
    python -m tests.fuzz.keys --seed 1 --storm 17
"""

import argparse
import asyncio
import random
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

from rich.cells import cell_len
from textual.app import App
from textual.binding import Binding
from textual.errors import NoWidget
from textual.events import Key, MouseDown, MouseMove, MouseScrollDown, MouseScrollUp, MouseUp
from textual.pilot import OutOfBounds, Pilot

from charrnn_engine import Vocabulary
from charrnn_engine.checkpoints.locations import settings_file
from charrnn_engine.vocabulary import EOS, PAD
from charrnn_tui.app import PlaygroundApp
from charrnn_tui.play.screen import PlayScreen
from tests.archives import write_model, write_speller
from tests.fuzz.frame import home

T = TypeVar("T")

WAYS: dict[str, tuple[str, ...]] = {
    "play": (),
    "paused": ("space",),
    "prompt": ("p",),
    "controls": ("tab",),
    "race": ("c",),
    "race of models": ("c", "v", "v", "v"),
    "models": ("m",),
    "save": ("s",),
    "branches": ("space", "left", "left", "left", "1", "left", "2", "b"),
    "continuations": ("space", "R"),
    "reading": ("o",),
    "typing": ("space", "enter"),
    "rules": ("k",),
    "inside": ("i",),
    "projector": ("P",),
    "course": ("L",),
    "help": ("question_mark",),
    "palette": ("ctrl+p",),
    "training": ("t",),
    "training set-up": ("t", "n"),
    "training runs": ("t", "l"),
    "training epochs": ("t", "e"),
}
"""The keys that lead from the app's beginning to a screen."""

STUCK_AFTER = 120.0  # seconds, for a storm that takes one or two

# Of every character that a model may learn, and that a terminal or a screen has a hard time with.
ODD = (
    "ab \n\t\r\x00\x07\x1b[]0;mJ\x7f\x9b\xad"  # what a terminal obeys
    "\u0301\u0308\u0300"  # combining marks
    "\u05e2\u05e9\u0627\u0631\u0629"  # written from right to left
    "\u540d\u524d\ud55c\uff21"  # two columns wide
    "\U0001f600\U0001f3fd\U0001f469\u200d\U0001f680\U0001f1e9\U0001f1ea\ufe0f"  # emoji and what joins them
    "\u200b\u200c\u200e\u200f\u202e\u202d\u2066\u2069\u2060\u061c"  # no width, or another direction
    "\u2028\u2029\ufeff\ufffc\ufffe\U000e0041\U000122eb\ufdfd\U0010ffff"
)

_KEYS = (
    *"abcdefghijklmnoprsuvwxyz0123456789 .,;:-_+#'\"()[]{}/\\?!é名😀",
    "up", "down", "left", "right", "shift+up", "shift+down", "ctrl+left", "ctrl+right", "ctrl+up", "ctrl+down",
    "space", "enter", "escape", "tab", "shift+tab", "backspace", "delete", "home", "end", "pageup", "pagedown",
    "ctrl+a", "ctrl+e", "ctrl+k", "ctrl+u", "ctrl+w", "ctrl+p", "f1", "f5", "ctrl+v", "R", "G", "question_mark",
    "left_square_bracket", "right_square_bracket", "plus", "minus", "slash", "backslash",
)  # fmt: skip
_SIZES = ((80, 24), (160, 50), (60, 20), (40, 12), (20, 6), (200, 60), (1, 1), (3, 2), (10, 40), (300, 4), (71, 31))


@contextmanager
def workplace() -> Iterator[Path]:
    """A temporary home folder with models to choose from: small ones, odd ones, one of words, and a broken one."""
    with (
        home() as place,
        mock.patch("charrnn_engine.runs.launch._started", nothing_started),
        mock.patch("textual.app.wait_for_idle", _turns),
        mock.patch("textual.pilot.wait_for_idle", _turns),
    ):
        folder = place / "checkpoints"
        write_model(folder / "small")
        write_speller(folder / "speller")
        write_model(folder / "odd", vocabulary=Vocabulary([PAD, EOS, *dict.fromkeys(ODD)], 1))
        write_model(folder / "endless", cell="GRU", vocabulary=Vocabulary([PAD, *dict.fromkeys(ODD)], None))
        words = [f" {word}" for word in ("rose", "名前", "a\u0301", "👩‍🚀", "\x1b[2J", "שלום")]
        write_model(folder / "words", vocabulary=Vocabulary([PAD, EOS, "<unk>", *words, "\n", "."], 1, "word"))
        (write_model(folder / "broken") / "model.keras").write_bytes(b"PK")
        yield folder


def nothing_started(command: list[str], errors: Any, stdin: int | None) -> "subprocess.Popen[bytes]":
    """Replaces a training process by one that does nothing and ends."""
    del command
    return subprocess.Popen(
        [sys.executable, "-S", "-c", ""], stdin=stdin, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
    )


async def _turns(*_: object) -> None:
    """Replaces Textual's wait for an idle processor, which never ends while a text runs."""
    for _turn in range(5):
        await asyncio.sleep(0)


async def storm(folder: Path, way: str, seed: str, events: int) -> int:
    """Opens the app, goes to a screen, lets events rain, and leaves; returns how many there were.

    Raises AssertionError, or whatever the app raised.
    """
    settings_file().unlink(missing_ok=True)  # the storm before has left its own
    chance = random.Random(seed)
    model = folder / chance.choice(("small", "speller", "odd", "endless", "words"))
    speed = chance.choice((20.0, 1000.0, None))
    app = PlaygroundApp(str(model), seed=chance.randrange(1000), speed=speed)
    count = 0
    async with app.run_test(size=chance.choice(_SIZES[:4])) as pilot:
        await _ready(pilot)
        await pilot.press(*WAYS[way])
        for _ in range(events):
            if not app.is_running or app._exit:
                break
            await _event(pilot, chance)
            count += 1
            if count % 16 == 0:
                await laid_out(pilot)
                check_widths(app)
        if app.is_running and not app._exit:
            await leave(pilot)
        assert app.return_code in (0, None), f"ended with {app.return_code}"
    return count


async def _ready(pilot: Pilot[None]) -> None:
    play = await _until(pilot, lambda: next((s for s in pilot.app.screen_stack if isinstance(s, PlayScreen)), None))
    await _until(pilot, lambda: play.game.text is not None and play.game.text.position > 8)


async def _until(pilot: Pilot[None], found: Callable[[], T]) -> T:
    while not (value := found()):
        await pilot.pause(0.005)
    return value


async def _event(pilot: Pilot[None], chance: random.Random) -> None:
    pick = chance.random()
    app = pilot.app
    if pick < 0.6:
        await pilot.press(_key(app, chance))
    elif pick < 0.75:  # faster than the app looks at them
        for key in [_key(app, chance) for _ in range(chance.randrange(2, 7))] * chance.choice((1, 1, 2)):
            event = Key(key, key if len(key) == 1 else None)
            event.set_sender(app)
            assert app._driver is not None
            app._driver.send_message(event)
        await pilot.pause()
    elif pick < 0.95:
        width, height = app.size
        if width and height:
            at = {"offset": (chance.randrange(width), chance.randrange(height))}
            kinds = chance.choice(
                ([MouseMove], [MouseDown, MouseUp], [MouseScrollUp], [MouseScrollDown], [MouseDown], [MouseUp])
            )
            if kinds == [MouseDown, MouseUp]:
                with suppress(NoWidget, OutOfBounds):
                    await pilot.click(**at, times=chance.choice((1, 1, 2)))  # type: ignore[arg-type]
            else:
                with suppress(NoWidget, OutOfBounds):  # the screen is being laid out anew
                    await pilot._post_mouse_events(kinds, **at, button=1)  # type: ignore[arg-type]
    else:
        sizes = (*_SIZES, (chance.randrange(1, 220), chance.randrange(1, 70)))
        await pilot.resize_terminal(*chance.choice(sizes))


def _key(app: App[None], chance: random.Random) -> str:
    """One of the keys of the screen that is shown, or any."""
    own = [
        key for binding in type(app.screen).BINDINGS if isinstance(binding, Binding) for key in binding.key.split(",")
    ]
    key = chance.choice(own) if own and chance.random() < 0.4 else chance.choice(_KEYS)
    return "space" if key in _AVOIDED else key


_AVOIDED = {"ctrl+z"}  # this program would be stopped


async def laid_out(pilot: Pilot[None]) -> None:
    """Waits until the screen has the size of the terminal, which follows a resize after a while."""
    await _until(pilot, lambda: pilot.app._exit or pilot.app.screen._compositor.size == pilot.app.size)
    await pilot.pause()


def check_widths(app: PlaygroundApp) -> None:
    """Every line of the screen is as wide as the terminal, in the cells that its characters take."""
    width, height = app.size
    for line in app.screen._compositor.render_strips(app.size):
        if "\u200d" in line.text or "\ufe0f" in line.text:
            continue  # pasted into a field of Textual's own, which measures such text in pieces
        cells = sum(cell_len(segment.text) for segment in line if not segment.control)
        assert cells == width, f"a line of {cells} cells on a screen of {width} × {height}: {line.text!r}"
        harmful = [character for character in line.text if ord(character) < 32 or 127 <= ord(character) < 160]
        assert not harmful, f"a line with {harmful!r}: {line.text!r}"


async def leave(pilot: Pilot[None]) -> None:
    """Back to the first screen, where a key still does what it does, and out."""
    app = pilot.app
    await pilot.resize_terminal(80, 24)
    for _ in range(12):
        if isinstance(app.screen, PlayScreen) and app.focused is None:
            break
        await pilot.press("escape")
        await pilot.pause()
    assert isinstance(app.screen, PlayScreen), f"escape doesn't leave {app.screen}"
    before = app.screen.game.controls.greedy
    await pilot.press("g")
    assert app.screen.game.controls.greedy != before, "a key does nothing any more"
    await laid_out(pilot)
    check_widths(app)  # type: ignore[arg-type]
    await pilot.press("q")
    assert app._exit, "q doesn't end it"


async def storms(
    seed: int, goes_on: Callable[[], bool], ways: list[str], *, events: int, first: int = 0
) -> tuple[Counter[str], list[str]]:
    """One storm after another, the ways in turn; events by way, and what went wrong."""
    counts: Counter[str] = Counter()
    faults: list[str] = []
    number = first
    with workplace() as folder:
        while goes_on():
            way = ways[number % len(ways)]
            try:
                counts[way] += await asyncio.wait_for(storm(folder, way, f"{seed}/{number}", events), STUCK_AFTER)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                faults.append(f"storm {number} of seed {seed} ({way}): {type(error).__name__}: {error}"[:2000])
                print(faults[-1], flush=True)
                traceback.print_exc(limit=-6, file=sys.stdout)
            number += 1
    return counts, faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=120, help="in each storm")
    parser.add_argument("--screen", choices=list(WAYS), action="append", help="only these")
    parser.add_argument("--storm", type=int, help="only this one")
    args = parser.parse_args()
    ways = args.screen or list(WAYS)
    ends = time.monotonic() + args.seconds
    once = iter([True])
    goes_on = (lambda: time.monotonic() < ends) if args.storm is None else (lambda: next(once, False))
    counts, faults = asyncio.run(storms(args.seed, goes_on, ways, events=args.events, first=args.storm or 0))
    for way, count in counts.items():
        print(f"  {way:16} {count:>8,} events")
    print(f"{counts.total():,} events, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
