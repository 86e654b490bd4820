"""What `charrnn-tui sample` puts out: texts with headings, or JSON lines. Knows no options and draws nothing."""

import json
import math
import sys
from collections import deque
from dataclasses import asdict
from typing import Any

from charrnn_engine import CharRNN, Controls
from charrnn_engine.generation.recording import Recording
from charrnn_engine.generation.replay import replay
from charrnn_tui.commands import interrupts
from charrnn_tui.commands.console import Writer, narrate, one_line, stdout_is_terminal
from charrnn_tui.commands.sample_best import Cost, kept
from charrnn_tui.commands.sample_plan import Plan, Sample

_PROMPT_IN_HEADING = 40


def write_texts(model: CharRNN, plan: Plan) -> bool:
    """Writes every text to standard output and headings to standard error; says whether any reached the limit.

    A model that knows no newline writes a text a line. The prompt tells the lines apart, so there is one heading for
    each temperature. Texts of many lines get a heading each and an empty line between them.
    """
    one_line_each = "\n" not in model.vocabulary.ids and not plan.endless
    narrate(_headline(model, plan))
    writer = Writer()
    cut = False
    heading = ""
    cost = Cost(model, plan)
    for number, sample in enumerate(kept(model, plan, bits=cost.asked)):
        if number and not one_line_each:
            writer.write("\n")
        above, heading = heading, _heading(sample, plan, one_line_each)
        if heading != above:
            narrate(("\n" if one_line_each else "") + heading)
        writer.write(sample.start.shown)
        for piece in sample.pieces:
            writer.write(piece)
        writer.end_line()
        cut = cut or not sample.ended
        cost.add(sample)
    cost.say()
    return cut


def write_json(model: CharRNN, plan: Plan, *, show_seed: bool) -> None:
    """Writes an object a line."""
    if show_seed:
        narrate(_headline(model, plan))
    best = {} if plan.best == 1 else {"best_of": plan.best, "best_by": plan.by}
    cost = Cost(model, plan)
    for sample in kept(model, plan, bits=True):
        text = sample.start.shown + "".join(sample.pieces)
        _write_line(
            {
                "model": model.name,
                "prompt": sample.start.prompt,
                "text": text,
                **asdict(sample.controls),
                "seed": sample.seed,
                **best,
                "stopped": "eos" if sample.ended else "max-chars",
            },
            sample.characters,
            sample.bits,
        )
        cost.add(sample)
    cost.say()


def write_replay(model: CharRNN, recording: Recording, *, as_json: bool) -> None:
    """Writes a recorded text again, as text or as one JSON object, and says so if it came out differently."""
    eos = model.vocabulary.eos
    writer, text, bits, characters = Writer(), [recording.prompt], 0.0, 0
    ending = recording.ending
    last_ids: deque[int] = deque(maxlen=min(ending.tokens, recording.length) if ending else 0)
    if not as_json:
        narrate(f"{one_line(model.name)} · seed {recording.seed} · a recording")
        writer.write(recording.prompt)
    for token in replay(model, recording):
        interrupts.check()
        piece = "\n" if token.id == eos else token.text
        last_ids.append(token.id)
        if as_json:
            text.append(piece)
            characters += max(1, len(token.text))
            bits += token.surprisal
        else:
            writer.write(piece)
    if as_json:
        what = {
            "model": model.name,
            "prompt": recording.prompt,
            "text": "".join(text),
            "changes": [{"at": at, **asdict(controls)} for at, controls in recording.changes],
            "forced": [{"at": at, "id": index} for at, index in recording.forced],
            "seed": recording.seed,
            "stopped": "recording",
        }
        _write_line(what, characters, bits)
    elif stdout_is_terminal():  # a file gets the text and nothing else
        writer.end_line()
    if ending is not None and not ending.fits(list(last_ids)):
        narrate("this is not the recorded text: rounding on this machine changed a draw")


def _write_line(what: dict[str, Any], characters: int, bits: float) -> None:
    """A JSON object, ASCII only, so that it is valid JSON and harmless wherever it is read or shown."""
    per_character = bits / characters if characters and math.isfinite(bits) else None
    line = {**what, "characters": characters, "bits_per_character": per_character}
    sys.stdout.write(json.dumps(line, allow_nan=False) + "\n")
    sys.stdout.flush()


def _headline(model: CharRNN, plan: Plan) -> str:
    """The model, and what all texts have in common."""
    parts = [one_line(model.name)]
    if len(plan.controls) == 1:
        parts.append(_described(plan.controls[0]))
    if not plan.controls[0].greedy:  # with greedy the seed makes no difference
        last = plan.seed + plan.samples - 1
        if plan.best > 1:
            parts.append(f"best of {plan.best} by {plan.by}")
        parts.append(f"seed {plan.seed}" if last == plan.seed else f"seeds {plan.seed} to {last}")
    return " · ".join(parts)


def _heading(sample: Sample, plan: Plan, one_line_each: bool) -> str:
    """What tells a text from the others."""
    parts = []
    if len(plan.controls) > 1:
        parts.append(_described(sample.controls))
    if not one_line_each:
        if len(plan.starts) > 1:
            prompt = sample.start.prompt
            parts.append(repr(prompt if len(prompt) <= _PROMPT_IN_HEADING else f"{prompt[:_PROMPT_IN_HEADING]}…"))
        if plan.samples > 1:
            parts.append(f"seed {sample.seed}")
    return " · ".join(parts)


def _described(controls: Controls) -> str:
    parts = ["greedy"] if controls.greedy else [f"temperature {controls.temperature:g}"]
    for name in ("top_k", "top_p", "min_p"):
        value = getattr(controls, name)
        if value is not None and not controls.greedy:
            parts.append(f"{name.replace('_', '-')} {value:g}")
    for unit, held in controls.hold.items():
        parts.append(f"{unit} held at {held if isinstance(held, str) else format(held, 'g')}")
    parts += [f"without {text!r}" for text in controls.ban]
    parts += [f"{text!r} {logits:+g}" for text, logits in controls.bias.items()]
    if controls.pattern is not None:
        parts.append(f"pattern {controls.pattern}")
    if controls.repeat_penalty is not None:
        parts.append(f"repeat penalty from {controls.repeat_penalty}")
    return " · ".join(parts)
