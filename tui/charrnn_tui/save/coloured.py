"""Writes a text in colour: as a web page with the probabilities of each character, and as text for a terminal.

Whatever a browser or a terminal would obey in the text is escaped. Knows no files.
"""

from collections.abc import Iterator
from html import escape
from itertools import groupby

import numpy as np

from charrnn_engine.generation.recording import Recording
from charrnn_engine.generation.replay import ReplayedGeneration
from charrnn_engine.generation.tokens import Token
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.distribution import model_distribution
from charrnn_engine.vocabulary import Vocabulary
from charrnn_tui.text.colouring import Colouring, surprise_level, surprise_scale, temperature_level
from charrnn_tui.text.escapes import EOS, escaped, visible
from charrnn_tui.text.token_names import label, token_word
from charrnn_tui.ui.formats import percent
from charrnn_tui.ui.theme import CHARRNN, CHARRNN_LIGHT, scale_variables

_EXPLAINED_AT_MOST = 100_000
"""Tokens up to which a page has the probabilities of each: a browser can't open many more elements."""
_OTHERS = 3
_STRONG = {"surprise-5", "surprise-6", "temperature-7", "temperature-8"}

_PAGE = """<!DOCTYPE html>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; {light} }}
@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}
body {{ background: var(--background); color: var(--text); max-width: 46em; margin: 2em auto 4em; padding: 0 1em }}
h1 {{ font: 600 1em system-ui, sans-serif; opacity: .7 }}
pre {{ font: 1.05em/1.6 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere }}
i {{ font-style: normal }}
i[data-p]:hover {{ background: color-mix(in srgb, currentcolor 25%, transparent) }}
i[data-p]:hover::after {{
  content: attr(data-p); position: fixed; inset: auto 0 0 0; padding: .5em 1em; white-space: pre-wrap;
  background: var(--text); color: var(--background); font-weight: normal
}}
.prompt {{ color: var(--prompt); font-weight: bold; text-decoration: underline }}
.eos {{ opacity: .5 }}
{levels}
</style>
<h1>{heading}</h1>
<pre>"""


def html_pieces(model: CharRNN, recording: Recording, colouring: Colouring) -> Iterator[str]:
    """A web page, light or dark as the browser prefers. It needs no other file and runs no script."""
    name = escape(visible(recording.model))
    levels = [name for name in scale_variables(True) if name.startswith(f"{colouring}-")]
    yield _PAGE.format(
        title=f"{name} · charrnn-tui",
        heading=f"{name} · seed {recording.seed} · {recording.length:,} {token_word(model.vocabulary)}s",
        light=_variables(levels, dark=False),
        dark=_variables(levels, dark=True),
        levels="\n".join(f".{level} {{ color: var(--{level}){_bold(level)} }}" for level in levels),
    )
    if recording.prompt:
        yield f'<i class="prompt">{escape(visible(recording.prompt))}</i>'
    if recording.length <= _EXPLAINED_AT_MOST:
        yield from _explained(model, recording, colouring)
    else:
        for kind, text in _runs(model, recording, colouring):
            yield f'<i class="{kind}">{escape(visible(text))}</i>'
    yield "</pre>\n"


def ansi_pieces(model: CharRNN, recording: Recording, colouring: Colouring, dark: bool) -> Iterator[str]:
    """The text with escape sequences for its colours. Each begins and ends within a line, as `less -R` needs it."""
    colours = scale_variables(dark)
    yield _sequences(recording.prompt, "\x1b[1;4m")
    for kind, text in _runs(model, recording, colouring):
        codes = "2" if kind == "eos" else _true_colour(colours[kind]) if kind in colours else ""
        strong = "1;" if kind in _STRONG else ""
        yield _sequences(text, f"\x1b[{strong}{codes}m" if codes else "")
    yield "\n"


def _explained(model: CharRNN, recording: Recording, colouring: Colouring) -> Iterator[str]:
    """Each token with its probability and those of the most probable others."""
    vocabulary = model.vocabulary
    generation = ReplayedGeneration(model, recording)
    for at in range(recording.length):
        controls = recording.controls_at(at)
        thought = model_distribution(generation.logits(controls))
        likely = [int(index) for index in np.argsort(-thought)[: _OTHERS + 1 + len(vocabulary.never_drawn)]]
        token = generation.next(controls)
        others = [index for index in likely if index != token.id and index not in vocabulary.never_drawn]
        said = f"{label(vocabulary, token.id)}  {percent(token.model_probability).strip()}"
        if abs(token.probability - token.model_probability) >= 0.005:
            said += f", drawn at {percent(token.probability).strip()}"
        if recording.forced_at(at) is not None:
            said += ", chosen by hand"
        rest = [f"{label(vocabulary, index)} {percent(float(thought[index])).strip()}" for index in others[:_OTHERS]]
        said += f"   instead of  {'   '.join(rest)}"
        kind, text = _kind(token, colouring, vocabulary), _shown(token, vocabulary.eos)
        ends = "\n" if text.endswith("\n") else ""
        text = text.removesuffix("\n")
        if not text:  # there is nothing to point at
            yield ends
        else:
            yield f'<i class="{kind}" data-p="{escape(said)}">{escape(visible(text))}</i>{ends}'


def _runs(model: CharRNN, recording: Recording, colouring: Colouring) -> Iterator[tuple[str, str]]:
    """The tokens as pairs of kind and text, one for each run of the same kind."""
    eos = model.vocabulary.eos
    generation = ReplayedGeneration(model, recording)
    tokens = (generation.next(recording.controls_at(at)) for at in range(recording.length))
    for kind, run in groupby(tokens, key=lambda token: _kind(token, colouring, model.vocabulary)):
        yield kind, "".join(_shown(token, eos) for token in run)


def _kind(token: Token, colouring: Colouring, vocabulary: Vocabulary) -> str:
    """The name of a token's colour."""
    if token.id == vocabulary.eos:
        return "eos"
    if colouring == "temperature":
        return f"temperature-{temperature_level(token.controls)}"
    if colouring == "none":
        return "plain"
    return f"surprise-{surprise_level(token.model_probability, surprise_scale(vocabulary))}"


def _shown(token: Token, eos: int | None) -> str:
    return f"{EOS}\n" if token.id == eos else token.text


def _variables(levels: list[str], *, dark: bool) -> str:
    theme, colours = CHARRNN if dark else CHARRNN_LIGHT, scale_variables(dark)
    page = {"background": theme.background, "text": theme.foreground, "prompt": theme.primary}
    named = {**page, **{level: colours[level] for level in levels}}
    return " ".join(f"--{name}: {colour};" for name, colour in named.items())


def _bold(level: str) -> str:
    return "; font-weight: bold" if level in _STRONG else ""


def _true_colour(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"38;2;{red};{green};{blue}"


def _sequences(text: str, begin: str) -> str:
    """The text in a colour, which ends and begins again at each end of a line."""
    lines = escaped(text).split("\n")
    return "\n".join(f"{begin}{line}\x1b[0m" if line and begin else line for line in lines)
