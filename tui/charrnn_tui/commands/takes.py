"""Writes texts for `charrnn-tui sample`, as text with headings or as JSON lines. Knows no options."""

import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from charrnn_engine import CharRNN, Controls, Token, generate

from charrnn_tui.commands.console import Writer, narrate, one_line


@dataclass(frozen=True)
class Take:
    """One text to write. `shown` is what of the prompt is part of the text: nothing, where nobody typed it."""

    prompt: str
    shown: str
    controls: Controls
    seed: int


def write_texts(model: CharRNN, takes: Sequence[Take], limit: int | None, endless: bool) -> bool:
    """Writes every text to standard output and headings to standard error; says whether any met the limit.

    A model that knows no newline writes a text a line, which its prompt tells apart from the others: it gets a
    heading for each temperature. Texts of many lines get a heading each and an empty line between them.
    """
    one_line_each = "\n" not in model.vocabulary.ids and not endless
    narrate(_headline(model, takes))
    writer = Writer()
    cut = False
    last = ""
    for number, take in enumerate(takes):
        if number and not one_line_each:
            writer.write("\n")
        heading = _heading(take, takes, one_line_each)
        if heading != last:
            narrate(("\n" if one_line_each else "") + heading)
            last = heading
        writer.write(take.shown)
        stopped = ""
        for text, token in _tokens(model, take, limit, endless):
            writer.write(text)
            stopped = _stopped(model, token, endless)
        writer.end_line()
        cut = cut or stopped == "max-chars"
    return cut


def write_json(model: CharRNN, takes: Sequence[Take], limit: int | None, endless: bool, *, tell_seed: bool) -> None:
    """Writes an object a line. ASCII only, so that it is valid JSON, and harmless, wherever it is read or shown."""
    if tell_seed:
        narrate(_headline(model, takes))
    for take in takes:
        text, bits, characters, stopped = [take.shown], 0.0, 0, ""
        for piece, token in _tokens(model, take, limit, endless):
            text.append(piece)
            characters += max(1, len(token.text))
            bits -= math.log2(token.model_probability) if token.model_probability > 0 else -math.inf
            stopped = _stopped(model, token, endless)
        line = {
            "model": model.name,
            "prompt": take.prompt,
            "text": "".join(text),
            **asdict(take.controls),
            "seed": take.seed,
            "stopped": stopped,
            "characters": characters,
            "bits_per_character": bits / characters if characters and math.isfinite(bits) else None,
        }
        sys.stdout.write(json.dumps(line, allow_nan=False) + "\n")
        sys.stdout.flush()


def _tokens(model: CharRNN, take: Take, limit: int | None, endless: bool) -> Iterator[tuple[str, Token]]:
    """Tokens with what each adds to the text written, up to `limit` characters; `<eos>` is a newline if endless.

    A word that would pass the limit is left out, but for the first.
    """
    eos = model.vocabulary.eos
    characters = 0
    for token in generate(model, take.prompt, take.controls, seed=take.seed, endless=endless):
        characters += max(1, len(token.text))
        if limit is not None and characters > limit and token.index:
            return
        yield ("\n" if endless and token.id == eos else token.text), token
        if limit is not None and characters >= limit:
            return


def _stopped(model: CharRNN, last: Token, endless: bool) -> str:
    return "eos" if last.id == model.vocabulary.eos and not endless else "max-chars"


def _headline(model: CharRNN, takes: Sequence[Take]) -> str:
    """The model, and what all texts have in common."""
    seeds = sorted({take.seed for take in takes})
    said = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"
    controls = {_said(take.controls) for take in takes}
    greedy = takes[0].controls.greedy  # which leaves nothing to the seed
    parts = [one_line(model.name), *(controls if len(controls) == 1 else ()), *(() if greedy else (said,))]
    return " · ".join(parts)


def _heading(take: Take, takes: Sequence[Take], one_line_each: bool) -> str:
    """What sets a text apart from the others."""
    parts = []
    if any(other.controls != take.controls for other in takes):
        parts.append(_said(take.controls))
    if not one_line_each:
        if any(other.prompt != take.prompt for other in takes):
            parts.append(repr(take.prompt if len(take.prompt) <= 40 else f"{take.prompt[:39]}…"))
        if any(other.seed != take.seed for other in takes):
            parts.append(f"seed {take.seed}")
    return " · ".join(parts)


def _said(controls: Controls) -> str:
    parts = ["greedy" if controls.greedy else f"temperature {controls.temperature:g}"]
    for name in ("top_k", "top_p", "min_p"):
        value = getattr(controls, name)
        if value is not None and not controls.greedy:
            parts.append(f"{name.replace('_', '-')} {value:g}")
    return " · ".join(parts)
