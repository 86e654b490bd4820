"""The dialog for the rules of the text: bans, bias, a pattern, the repeat penalty, and the learning rate."""

import asyncio
import shlex
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Label

from charrnn_engine.errors import CharRNNError, ControlsError, shown
from charrnn_engine.generation.rules_in_force import rules_for
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.rule_settings import parse_bias
from charrnn_tui.text.escapes import as_typed, one_line, typeable, unescape
from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown

Number = TypeVar("Number", int, float)

_FIELDS = {
    "ban": 'what never comes: e q "of the"',
    "bias": "more or less of a character: !=+2 e=-1.5",
    "pattern": "a regular expression: .{1,30}",
    "penalty": "make repetitions of so many characters unlikely: 12",
    "learning": "a rate to learn from the text at: 0.003",
}


class RulesScreen(Dialog[Controls]):
    """Dismissed with controls that hold the rules, or None. It refuses rules that the model can't follow."""

    AUTO_FOCUS = "#rule-ban"
    DEFAULT_CSS = """
    RulesScreen > #dialog { width: 76; }
    RulesScreen Horizontal { height: 1; }
    RulesScreen .rule--label { width: 10; color: $text-muted; }
    RulesScreen Input { width: 1fr; height: 1; border: none; padding: 0 1; background: $surface; }
    RulesScreen Input:focus { border: none; background: $panel; }
    RulesScreen #rules-said { width: 1fr; height: auto; color: $text-error; margin-top: 1; }
    """

    def __init__(self, model: CharRNN, controls: Controls) -> None:
        super().__init__("rules")
        self._model, self._controls = model, controls
        now = {
            "ban": " ".join(as_typed(shlex.quote(string)) for string in controls.ban),
            "bias": " ".join(
                as_typed(shlex.quote(f"{token}={logits:+g}")) for token, logits in controls.bias.items()
            ),
            "pattern": typeable(controls.pattern or ""),
            "penalty": str(controls.repeat_penalty or ""),
            "learning": f"{controls.adapt:g}" if controls.adapt is not None else "",
        }
        self._inputs = {
            name: Input(now[name], placeholder=hint, id=f"rule-{name}", compact=True, select_on_focus=False)
            for name, hint in _FIELDS.items()
        }
        self._said = Label("", id="rules-said", markup=False)

    def compose_box(self) -> ComposeResult:
        for name, field in self._inputs.items():
            with Horizontal():
                yield Label(name, classes="rule--label")
                yield field
        yield self._said

    def hints(self, keys: Shown) -> Iterable[KeyHint]:
        return (KeyHint((("enter", ""),), "apply"), KeyHint((("tab", ""),), "next"))

    @on(Input.Changed)
    def _typed(self) -> None:
        self._said.update("")

    @on(Input.Submitted)
    def _entered(self) -> None:
        self._apply({name: field.value.strip() for name, field in self._inputs.items()})

    @work(exclusive=True)
    async def _apply(self, typed: dict[str, str]) -> None:
        try:
            controls = replace(
                self._controls,
                ban=tuple(map(unescape, _split(typed["ban"]))),
                bias=dict(parse_bias(unescape(each)) for each in _split(typed["bias"])),
                pattern=typed["pattern"] or None,
                repeat_penalty=_number(typed["penalty"], int, "a whole number"),
                adapt=_number(typed["learning"], float, "a number"),
            )
            await asyncio.to_thread(rules_for, self._model, controls)
        except CharRNNError as error:
            self._said.update(one_line(str(error)))
        else:
            self.dismiss(controls)


def _split(typed: str) -> list[str]:
    """The words of a line; quotes keep the spaces in one. Raises ControlsError."""
    lexer = shlex.shlex(typed, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters, lexer.escape = True, "", ""
    try:
        return list(lexer)
    except ValueError:
        raise ControlsError(f"a quote in {shown(typed, 40)} isn't closed") from None


def _number(typed: str, kind: Callable[[str], Number], wanted: str) -> Number | None:
    try:
        return kind(typed) if typed else None
    except ValueError:
        raise ControlsError(f"{shown(typed, 40)} must be {wanted}, or empty") from None
