"""The batched engine: texts of one model side by side, one matrix product for all of them in each step. Knows no
requests, no ends of texts and no clock but a deadline; `many` and `race` decide what to write.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import CheckpointError
from charrnn_engine.generation.generation import Generation
from charrnn_engine.generation.holding import held_units
from charrnn_engine.generation.prompts import encode_prompt
from charrnn_engine.generation.rules_in_force import RulesInForce, rules_for
from charrnn_engine.generation.tokens import Begun, Token
from charrnn_engine.network.model import CharRNN
from charrnn_engine.network.products import Array
from charrnn_engine.sampling.controls import Controls, has_no_rules
from charrnn_engine.sampling.distribution import OVERFLOWED, surprisals_and_entropies
from charrnn_engine.sampling.random_numbers import RandomNumbers
from charrnn_engine.sampling.repetition_penalty import RANGE
from charrnn_engine.sampling.rules import Follower
from charrnn_engine.sampling.sampler import BELOW_ONE, RowSampler

_STEPS_AT_MOST = 64  # per run
_LOGITS_AT_MOST = 1 << 18  # kept for the figures: 1 MB, which stays in the cache
_NUMBERS_AHEAD = 128  # random numbers that each row fetches at a time


@dataclass
class Text:
    """A text between two steps: all that a row needs to go on with it."""

    numbers: RandomNumbers
    controls: Controls
    state: Array
    """(S,), before `last` is fed."""
    last: int
    """The id that is fed next."""
    length: int = 0
    """Tokens drawn so far."""
    past: deque[int] = field(default_factory=lambda: deque(maxlen=RANGE))
    """The last ids, those of the prompt included, for rules that begin later; a race keeps them up to date."""
    rules: RulesInForce | None = None
    alone: Generation | None = None
    """Writes the text where it can't be written beside others."""


def new_text(model: CharRNN, prompt: str, controls: Controls, seed: int) -> Text:
    """A text at the end of its prompt. Raises what `encode_prompt` raises, and ControlsError for a bad seed."""
    numbers = RandomNumbers(seed)
    *before, last = encode_prompt(model, prompt)
    stepper = model.stepper()
    for index in before:
        stepper.feed(index)
    return Text(numbers, controls, stepper.state[0], last, past=deque([*before, last], RANGE))


class Batch:
    """Texts in rows. After an `<eos>` a row goes on from the initial state; where a text ends is for the caller.

    With the same random numbers and from the same distribution a row draws what `generate` draws. A matrix product
    rounds its last bit differently in a batch, which decides a draw about once in some 100,000 tokens.

    Texts that may go back, under banned strings, and those whose head learns are written alone, one after another.
    """

    def __init__(self, model: CharRNN, texts: Sequence[Text], *, figures: bool = True) -> None:
        """Without `figures`, only ids are asked for, and `figures()` must not be called."""
        vocabulary, rows = model.vocabulary, len(texts)
        self._eos = vocabulary.eos
        self._model, self._texts = model, list(texts)
        self._largest_logit = model.network.head.largest_logit
        self._stepper = model.stepper(rows)
        self._stepper.state = np.array([text.state for text in texts])
        self._sampler = RowSampler(
            len(vocabulary), [text.controls for text in texts], vocabulary.never_drawn, self._largest_logit
        )
        self._held = [Controls().hold] * rows
        self._last = np.array([text.last for text in texts], np.intp)
        self._lengths = np.array([text.length for text in texts], np.intp)
        self._ruled = any(text.rules is not None or text.alone is not None for text in texts)
        self._alone: dict[int, list[Token]] = {}  # what was written alone in the last run, by row
        self._following: dict[int, Follower] = {}
        self.controls = self._sampler.controls
        self._ahead = np.empty((_NUMBERS_AHEAD, rows))
        self._place = _NUMBERS_AHEAD  # of the next random numbers in `_ahead`: none are left
        steps = max(1, min(_STEPS_AT_MOST, _LOGITS_AT_MOST // (rows * len(vocabulary))))
        self._ids = np.empty((steps, rows), np.intp)
        self._totals = np.empty((steps, rows))
        self._kept: tuple[Array, NDArray[np.float64]] | None = None  # logits (N, B, V) and probabilities (N, B)
        if figures:
            self._kept = np.empty((steps, rows, len(vocabulary)), np.float32), np.empty((steps, rows))

    def __len__(self) -> int:
        """The number of rows."""
        return len(self._texts)

    @property
    def last(self) -> NDArray[np.intp]:
        """The last id of each row, the prompt's where nothing has been drawn, (B,). Not to be written to."""
        return self._last

    @property
    def lengths(self) -> NDArray[np.intp]:
        """Tokens drawn so far of the text in each row, (B,). Not to be written to."""
        return self._lengths

    @property
    def controls(self) -> Sequence[Controls]:
        """Those of each row; they may be replaced between two runs."""
        return self._sampler.controls

    @controls.setter
    def controls(self, controls: Sequence[Controls]) -> None:
        held = [each.hold for each in controls]
        if held != self._held:
            self._stepper.hold(*(held_units(self._model, each) for each in held))
            self._held = held
        self._sampler.controls = controls
        self._take_rules(controls)

    def _take_rules(self, controls: Sequence[Controls]) -> None:
        """Puts the rules of each row in force."""
        self._alone, self._following, self._sampler.addends = {}, {}, None
        plain = all(has_no_rules(each) for each in {id(each): each for each in controls}.values())
        if plain and not self._ruled:  # as it nearly always is
            return
        self._ruled = True
        for row, (text, now) in enumerate(zip(self._texts, controls, strict=True)):
            rules = rules_for(self._model, now)
            if now.adapt is not None or (rules is not None and rules.can_go_back):
                text.rules = None
                if text.alone is None:
                    begun = Begun(self._stepper.state[row], int(self._lengths[row]), text.past)
                    text.alone = Generation(self._model, "", seed=text.numbers.seed, begun=begun)
                self._alone[row] = []
                continue
            if text.alone is not None:
                begun, text.alone = text.alone.present(), None
                self._stepper.put(row, begun.state)
                self._last[row] = begun.past[-1]
            if text.rules is None and rules is not None:
                text.rules = RulesInForce(self._model, lambda _, past=text.past: [*past])  # type: ignore[misc]
            if text.rules is not None:
                text.rules.take(now, int(self._lengths[row]))
            if rules is not None and text.rules is not None and (follower := text.rules.follower) is not None:
                if self._sampler.addends is None:
                    self._sampler.addends = np.zeros((len(self), len(rules.vocabulary)))
                self._sampler.addends[row] = follower.addend(strict=True)
                if not rules.is_fixed:
                    self._following[row] = follower

    @property
    def texts(self) -> list[Text]:
        """The texts as they are now, to go on with them elsewhere."""
        rows = zip(self._texts, self.controls, self._stepper.state, self._last, self._lengths, strict=True)
        return [
            replace(text, controls=controls, state=state.copy(), last=int(last), length=int(length))
            for text, controls, state, last, length in rows
        ]

    def put(self, texts: dict[int, Text]) -> None:
        """Puts other texts into some rows."""
        controls = list(self.controls)
        for row, text in texts.items():
            self._stepper.put(row, text.state)
            self._texts[row], controls[row] = text, text.controls
            self._last[row], self._lengths[row] = text.last, text.length
            self._ahead[self._place :, row] = text.numbers.stretch(text.length, _NUMBERS_AHEAD - self._place)
        np.minimum(self._ahead, BELOW_ONE, out=self._ahead)
        self.controls = controls

    def run(self, most: int, deadline: float = inf) -> NDArray[np.intp]:
        """Draws up to `most` tokens for each row: ids (N, B). N is limited by memory, and by the deadline on the
        clock of `perf_counter`, but it is at least 1.

        Raises CheckpointError where scores overflowed.
        """
        if self._place == _NUMBERS_AHEAD:
            self._place = 0
            for row, (text, length) in enumerate(zip(self._texts, self._lengths.tolist(), strict=True)):
                self._ahead[:, row] = text.numbers.stretch(length, _NUMBERS_AHEAD)
            np.minimum(self._ahead, BELOW_ONE, out=self._ahead)
        most = min(most, len(self._ids), _NUMBERS_AHEAD - self._place)
        step, sampler, eos, last, done = self._stepper.step, self._sampler, self._eos, self._last, 0
        self._alone = {row: [] for row in self._alone}
        for done in range(1, most + 1):
            if len(self._alone) == len(self):
                self._write_alone(done)
                if perf_counter() >= deadline:
                    break
                continue
            logits, ids = step(last), self._ids[done - 1]
            sampler.draw(logits, self._ahead[self._place + done - 1], ids)
            self._totals[done - 1] = sampler.totals
            if self._kept is not None:
                self._kept[0][done - 1], self._kept[1][done - 1] = logits, sampler.probabilities(ids)
            last = ids
            for row, follower in self._following.items():
                follower.append(int(ids[row]))
                sampler.addends[row] = follower.addend(strict=True)  # type: ignore[index]
            if eos is not None and (ended := ids == eos).any():
                self._stepper.reset(ended)
            if perf_counter() >= deadline:
                break
        if len(self._alone) < len(self) and not (self._totals[:done] < inf).all():  # also false for NaN
            raise CheckpointError(OVERFLOWED)
        self._write_alone(done)
        drawn = self._ids[:done].copy()
        self._last = drawn[-1].copy()
        self._place += done
        self._lengths += done
        self._drawn = drawn
        return drawn

    def _write_alone(self, count: int) -> None:
        """Draws as many tokens for each text that is written alone."""
        for row, tokens in self._alone.items():
            generation, controls = self._texts[row].alone, self.controls[row]
            assert generation is not None
            while len(tokens) < count:
                tokens.append(generation.next(controls))
                self._ids[len(tokens) - 1, row] = tokens[-1].id

    def figures(self) -> tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.float32]]:
        """Of the tokens of the last run, (N, B) each: the probability after the controls; the surprisal, -log2 of the
        probability before them; and the entropy of the model's distribution before them, in bits.
        """
        assert self._kept is not None
        logits, probabilities = self._kept
        done = len(self._drawn)
        if len(self._alone) == len(self):
            logits[:done] = 0.0  # no network has scored anything
        surprisals, entropies = surprisals_and_entropies(logits[:done], self._drawn, self._largest_logit)
        found = probabilities[:done].copy(), surprisals, entropies
        for row, tokens in self._alone.items():
            found[0][:, row] = [token.probability for token in tokens]
            found[1][:, row] = [token.surprisal for token in tokens]
            found[2][:, row] = [token.entropy for token in tokens]
        return found
