"""One long text at full speed, twice: as the engine generates it, and as the app plays it and wraps it for its page,
with walks back on the way.

Says after every round how fast each was, how much memory the process holds, and stops where the two texts differ.

    python -m tests.fuzz.soak --characters 50000000
"""

import argparse
import hashlib
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter

from charrnn_engine import CharRNN, Controls, generate, load
from charrnn_engine.generation.prompts import default_prompt
from charrnn_engine.generation.tokens import Token
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.play.game import Game
from charrnn_tui.text.wrapped_text import WrappedText

_BACK_AT_MOST = 400
_WALKS = 3  # back and on again, in every round


class Difference(AssertionError):
    """The same seed gave two texts."""


@dataclass
class Report:
    """What a soak measured, a figure a round: characters a second of both, and resident bytes."""

    engine: list[float] = field(default_factory=list)
    app: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    digest: str = ""

    def growth(self) -> int:
        """Bytes that memory grew by after the first fifth, in which everything that is kept fills up."""
        settled = self.memory[len(self.memory) // 5 :]
        return settled[-1] - settled[0]

    def slowing(self) -> tuple[float, float]:
        """Speed of the last fifth of the rounds over that of the first, of the engine and of the app."""
        fifth = max(1, len(self.engine) // 5)
        return tuple(median(rates[-fifth:]) / median(rates[:fifth]) for rates in (self.engine, self.app))  # type: ignore[return-value]


class EngineText:
    """The text as `generate` gives it; keeps only its digest."""

    def __init__(self, model: CharRNN, seed: int) -> None:
        self._tokens: Iterator[Token] = generate(model, default_prompt(model), Controls(), seed=seed, endless=True)
        self.digest = hashlib.sha256()

    def advance(self, count: int) -> None:
        for _, token in zip(range(count), self._tokens, strict=False):
            self.digest.update(_written(token.id, token.text))


class AppText:
    """The text as the app's game plays it at full speed."""

    def __init__(self, model: CharRNN, seed: int) -> None:
        self._game = Game(self._on_frame, self._fail, speed=None)
        self._game.open(model, default_prompt(model), seed)
        self.digest = hashlib.sha256()
        self._hashed = 0
        self._page = WrappedText()  # keeps ten million characters: until then, memory grows

    @property
    def _text(self) -> BranchingText:
        assert self._game.text is not None
        return self._game.text

    def _fail(self, problem: str) -> None:
        raise Difference(problem)

    def _on_frame(self, tokens: list[Token]) -> None:
        fresh = [*islice(tokens, max(0, self._hashed - tokens[0].index), None)]
        for token in fresh:
            self.digest.update(_written(token.id, token.text))
        self._hashed += len(fresh)
        text = "".join(token.text or "\n" for token in fresh)
        self._page.append(text, bytes(len(text)), bytes(len(text)))
        self._page.trim()

    def advance(self, count: int) -> None:
        """Plays to `count` tokens beyond those hashed."""
        self._game.draw_now(self._hashed + count - self._text.position)

    def walk(self, by: int) -> None:
        """Goes back, and lets the same text be drawn again."""
        end = self._text.position
        before = list(self._text.ids[-by:])
        self._game.go_to(end - by)
        self._game.draw_now(end - self._text.position)
        if list(self._text.ids[-by:]) != before or self._text.branches or self._text.future:
            raise Difference(f"going back {by:,} from {end:,} gave another text")


def _written(token_id: int, text: str) -> bytes:
    # The id as well: texts alone would take an <eos> for nothing.
    return b"%d:" % token_id + text.encode("utf-8", "surrogatepass")


def resident() -> int:
    """Bytes of memory that this process holds now; 0 where the system doesn't say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * 4096


def soak(model: CharRNN, characters: int, *, rounds: int, seed: int, narrate: bool = False) -> Report:
    """Runs both texts to `characters` tokens. Raises Difference where they part."""
    report = Report()
    chance = random.Random(seed)
    engine = EngineText(model, seed)
    share = max(1, characters // rounds)
    app = AppText(model, seed)
    for number in range(1, rounds + 1):
        began = perf_counter()
        engine.advance(share)
        between = perf_counter()
        app.advance(share)
        ended = perf_counter()
        for _ in range(_WALKS):
            app.walk(chance.randrange(1, _BACK_AT_MOST))
        if engine.digest.digest() != app.digest.digest():
            raise Difference(f"the two texts differ within their first {number * share:,} tokens")
        report.engine.append(share / (between - began))
        report.app.append(share / (ended - between))
        report.memory.append(resident())
        if narrate:
            print(
                f"{number * share:>12,} tokens"
                f"  engine {report.engine[-1]:>8,.0f}/s  app {report.app[-1]:>8,.0f}/s"
                f"  {report.memory[-1] / 1e6:6.1f} MB  sha256 {engine.digest.hexdigest()[:16]}",
                flush=True,
            )
    report.digest = engine.digest.hexdigest()
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--characters", type=int, default=50_000_000)
    parser.add_argument("--model", default="headlines-notebook")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    try:
        report = soak(load(args.model), args.characters, rounds=args.rounds, seed=args.seed, narrate=True)
    except Difference as difference:
        print(difference)
        return 1
    engine, app = report.slowing()
    print(
        f"same text; memory grew by {report.growth() / 1e6:+.1f} MB after the first fifth;"
        f" speed of the last fifth over the first: engine {engine:.2f}, app {app:.2f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
