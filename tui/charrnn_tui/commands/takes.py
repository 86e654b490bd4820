"""Writes texts for `charrnn-tui sample`, as text with headings or as JSON lines. Knows no options.

Many texts are written side by side and told in their order: the first one as it is written, the others from what has
been kept of them meanwhile.
"""

import json
import math
import sys
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain

from charrnn_engine import CharRNN, Controls, Token, Wanted, generate, generate_many
from charrnn_engine.generation.batch import ROWS
from charrnn_engine.generation.recording import Recording
from charrnn_engine.generation.replay import replay
from charrnn_tui.commands import interrupts
from charrnn_tui.commands.console import Writer, narrate, one_line, stdout_is_terminal

_PROMPT_IN_HEADING = 40
_MANY = 16  # texts, from which on it is worth while to write them side by side
_KEPT_AT_MOST = 100_000  # characters of texts that have begun


@dataclass(frozen=True)
class Start:
    """What a text starts from, and what of it is part of the text: nothing, where nobody typed it."""

    prompt: str
    shown: str


@dataclass(frozen=True)
class Take:
    """One text to write."""

    start: Start
    controls: Controls
    seed: int


@dataclass(frozen=True)
class Plan:
    """Every start under all the controls, `samples` times with seeds counted up from `seed`. Never empty."""

    starts: tuple[Start, ...]
    controls: tuple[Controls, ...]
    seed: int
    samples: int
    limit: int | None
    """Characters at which a text is cut."""
    endless: bool

    def __len__(self) -> int:
        return len(self.controls) * len(self.starts) * self.samples

    def __iter__(self) -> Iterator[Take]:
        for controls in self.controls:
            for start in self.starts:
                for seed in range(self.seed, self.seed + self.samples):
                    yield Take(start, controls, seed)


def write_texts(model: CharRNN, plan: Plan) -> bool:
    """Writes every text to standard output and headings to standard error; says whether any met the limit.

    A model that knows no newline writes a text a line, which its prompt tells apart from the others: it gets a
    heading for each temperature. Texts of many lines get a heading each and an empty line between them.
    """
    one_line_each = "\n" not in model.vocabulary.ids and not plan.endless
    narrate(_headline(model, plan))
    writer = Writer()
    cut = False
    heading = ""
    for number, (take, tokens) in enumerate(_written(model, plan)):
        if number and not one_line_each:
            writer.write("\n")
        above, heading = heading, _heading(take, plan, one_line_each)
        if heading != above:
            narrate(("\n" if one_line_each else "") + heading)
        writer.write(take.start.shown)
        last = None
        for text, token in _cut(model, tokens, plan):
            writer.write(text)
            last = token
        writer.end_line()
        cut = cut or _stopped(model, last, plan) == "max-chars"
    return cut


def write_json(model: CharRNN, plan: Plan, *, tell_seed: bool) -> None:
    """Writes an object a line. ASCII only, so that it is valid JSON, and harmless, wherever it is read or shown."""
    if tell_seed:
        narrate(_headline(model, plan))
    for take, tokens in _written(model, plan):
        text, bits, characters, last = [take.start.shown], 0.0, 0, None
        for piece, last in _cut(model, tokens, plan):
            text.append(piece)
            characters += _length(last)
            bits += _bits(last)
        line = {
            "model": model.name,
            "prompt": take.start.prompt,
            "text": "".join(text),
            **asdict(take.controls),
            "seed": take.seed,
            "stopped": _stopped(model, last, plan),
            "characters": characters,
            "bits_per_character": bits / characters if math.isfinite(bits) else None,
        }
        sys.stdout.write(json.dumps(line, allow_nan=False) + "\n")
        sys.stdout.flush()


def write_replay(model: CharRNN, recording: Recording, *, as_json: bool) -> None:
    """Writes a recorded text again, as text or as one JSON object, and says so where it came out otherwise."""
    eos = model.vocabulary.eos
    writer, text, bits, characters = Writer(), [recording.prompt], 0.0, 0
    ending = recording.ending
    last_ids: deque[int] = deque(maxlen=ending.tokens if ending else 0)
    if not as_json:
        narrate(f"{one_line(model.name)} · seed {recording.seed} · a recording")
        writer.write(recording.prompt)
    for token in replay(model, recording):
        interrupts.check()
        piece = "\n" if token.id == eos else token.text
        last_ids.append(token.id)
        if as_json:
            text.append(piece)
            characters += _length(token)
            bits += _bits(token)
        else:
            writer.write(piece)
    if as_json:
        changes = [{"at": at, **asdict(controls)} for at, controls in recording.changes]
        line = {
            "model": model.name,
            "prompt": recording.prompt,
            "text": "".join(text),
            "changes": changes,
            "forced": [{"at": at, "id": index} for at, index in recording.forced],
            "seed": recording.seed,
            "stopped": "recording",
            "characters": characters,
            "bits_per_character": bits / characters if characters and math.isfinite(bits) else None,
        }
        sys.stdout.write(json.dumps(line, allow_nan=False) + "\n")
        sys.stdout.flush()
    elif stdout_is_terminal():  # in a file there stands the text and nothing else
        writer.end_line()
    if ending is not None and not ending.fits(list(last_ids)):
        narrate(
            "this is not the recorded text: arithmetic rounds otherwise on this machine, and a draw fell otherwise"
        )


def _bits(token: Token) -> float:
    """How surprised the model was, before the controls."""
    return -math.log2(token.model_probability) if token.model_probability > 0 else math.inf


def _written(model: CharRNN, plan: Plan) -> Iterator[tuple[Take, Iterator[Token]]]:
    """Every take, in order, with its tokens, which are to be read before the next take is asked for."""
    rows = ROWS if plan.limit is None else min(ROWS, _KEPT_AT_MOST // plan.limit)
    if min(len(plan), rows) < _MANY:
        for take in plan:
            yield take, generate(model, take.start.prompt, take.controls, seed=take.seed, endless=plan.endless)
    else:
        together = _SideBySide(model, plan, rows)
        for number, take in enumerate(plan):
            yield take, together.tokens(number)


class _SideBySide:
    """Takes that are written in the rows of a batch."""

    def __init__(self, model: CharRNN, plan: Plan, rows: int) -> None:
        wanted = (Wanted(take.start.prompt, take.controls, take.seed) for take in plan)
        self._coming = generate_many(model, wanted, rows=rows, max_tokens=plan.limit, endless=plan.endless)
        self._kept: defaultdict[int, list[Token]] = defaultdict(list)
        self._last = (None if plan.endless else model.vocabulary.eos, plan.limit)

    def tokens(self, number: int) -> Iterator[Token]:
        """Those of one take. What still comes of those before it is dropped."""
        eos, limit = self._last
        for passed in [passed for passed in self._kept if passed < number]:
            del self._kept[passed]
        for token in chain(self._kept.pop(number, ()), self._coming_to(number)):
            yield token
            if token.id == eos or token.index + 1 == limit:
                return

    def _coming_to(self, number: int) -> Iterator[Token]:
        for of, token in self._coming:
            if of == number:
                yield token
            elif of > number:
                self._kept[of].append(token)


def _cut(model: CharRNN, tokens: Iterator[Token], plan: Plan) -> Iterator[tuple[str, Token]]:
    """At least one token, with what each adds to the text written; `<eos>` is a newline where texts go on.

    A word that would pass the limit is left out, but for the first.
    """
    eos = model.vocabulary.eos
    limit = math.inf if plan.limit is None else plan.limit
    characters = 0
    for token in tokens:
        interrupts.check()
        characters += _length(token)
        if characters > limit and token.index:
            return
        yield ("\n" if plan.endless and token.id == eos else token.text), token
        if characters >= limit:
            return


def _length(token: Token) -> int:
    """Characters of a token; `<eos>` counts as one."""
    return max(1, len(token.text))


def _stopped(model: CharRNN, last: Token | None, plan: Plan) -> str:
    return "eos" if last is not None and last.id == model.vocabulary.eos and not plan.endless else "max-chars"


def _headline(model: CharRNN, plan: Plan) -> str:
    """The model, and what all texts have in common."""
    parts = [one_line(model.name)]
    if len(plan.controls) == 1:
        parts.append(_controls_said(plan.controls[0]))
    if not plan.controls[0].greedy:  # which leaves nothing to the seed
        last = plan.seed + plan.samples - 1
        parts.append(f"seed {plan.seed}" if last == plan.seed else f"seeds {plan.seed} to {last}")
    return " · ".join(parts)


def _heading(take: Take, plan: Plan, one_line_each: bool) -> str:
    """What sets a text apart from the others."""
    parts = []
    if len(plan.controls) > 1:
        parts.append(_controls_said(take.controls))
    if not one_line_each:
        if len(plan.starts) > 1:
            prompt = take.start.prompt
            parts.append(repr(prompt if len(prompt) <= _PROMPT_IN_HEADING else f"{prompt[:_PROMPT_IN_HEADING]}…"))
        if plan.samples > 1:
            parts.append(f"seed {take.seed}")
    return " · ".join(parts)


def _controls_said(controls: Controls) -> str:
    if controls.greedy:
        return "greedy"
    parts = [f"temperature {controls.temperature:g}"]
    for name in ("top_k", "top_p", "min_p"):
        value = getattr(controls, name)
        if value is not None:
            parts.append(f"{name.replace('_', '-')} {value:g}")
    return " · ".join(parts)
