"""What is looked at in a network: the chosen unit, its values along the text, and what is held. Knows no screen."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import ControlsError
from charrnn_engine.generation.prompts import encode_prompt
from charrnn_engine.inside import Context, contexts, place_of, unit_names
from charrnn_engine.inside.activations import WARM_UP
from charrnn_engine.network.model import CharRNN
from charrnn_engine.network.products import Array
from charrnn_engine.sampling.hold import deviations as deviations_of
from charrnn_tui.inside.field import HELD, SHADES, Block, blocks_of
from charrnn_tui.inside.report import DIAL, Report
from charrnn_tui.inside.values import UnitValues, read_again
from charrnn_tui.text.colouring import EOS_MARK, PROMPT_MARK, UNKNOWN_MARK

if TYPE_CHECKING:
    from charrnn_tui.play.game import Game

READ_AGAIN = (1_000, 10_000)
"""Tokens before the cursor that are read again for another unit: first those in view, then more."""
LINKS = 100
"""Characters before the cursor that are asked how much they matter to the next one."""
_COURSE = 400
_EDGE = 2.5  # standard deviations from the mean to the last shade
_CONTEXTS, _WIDTH = 6, 40
_CONTEXTS_FROM = 20_000

Hold = Mapping[str, float | str]


class Looking:
    """Looks at the network of a game, and changes nothing in it."""

    def __init__(self, game: "Game") -> None:
        self._game = game
        self._model: CharRNN | None = None
        self._names: Sequence[str] = ()
        self.blocks: Sequence[Block] = ()
        self.known: Sequence[Mapping[str, Any]] = ()
        """Units worth seeing, as the model's card lists them."""
        self.values = UnitValues(0)
        """Of the chosen unit."""
        self.statistics: tuple[Array, Array] | None = None
        """The mean and the standard deviation of each unit, once they have been measured."""
        self._now: Array = np.empty(0, np.float32)
        self._contexts: Sequence[Context] = ()
        self._contexts_at = -1

    def open(self, model: CharRNN) -> None:
        """Looks at a model: at the first unit that its card names."""
        self._model, self.statistics = model, None
        self._names = unit_names(model.network)
        self.blocks = blocks_of(self._names)
        listed = model.card.get("units") if isinstance(model.card, Mapping) else None
        self.known = [unit for unit in listed or () if self._is_known(unit)]
        self.choose(self.known[0]["unit"] if self.known else self._names[len(self._names) // 2])

    def _is_known(self, unit: object) -> bool:
        if not isinstance(unit, Mapping) or not isinstance(unit.get("score"), int | float):
            return False
        return isinstance(unit.get("name"), str) and self.place(unit.get("unit", "")) is not None

    def place(self, unit: str) -> int | None:
        """The place of a unit among all, or None for one that the network lacks."""
        assert self._model is not None
        try:
            return place_of(self._model.network, unit)
        except ControlsError:
            return None

    @property
    def unit(self) -> str:
        return self._names[self.values.place] if self._names else ""

    def choose(self, unit: str | int) -> None:
        """Looks at another unit, given by its name or its place."""
        place = unit if isinstance(unit, int) else self.place(unit)
        if place is not None:
            mean, deviation = (0.0, 1.0)
            if self.statistics is not None:
                mean, deviation = (float(each[place]) for each in self.statistics)
            self.values = UnitValues(place, mean, deviation)
            self._contexts, self._contexts_at = (), -1

    def measured(self, statistics: tuple[Array, Array]) -> None:
        """Takes the mean and the standard deviation of each unit."""
        self.statistics = statistics
        values = self.values
        values.mean, values.deviation = (float(each[values.place]) for each in statistics)

    def next_known(self) -> str | None:
        """Of the units worth seeing, the one after the chosen one."""
        names = [unit["unit"] for unit in self.known]
        return names[(names.index(self.unit) + 1) % len(names) if self.unit in names else 0] if names else None

    # -- the text ------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Takes what all units are after the last token of the text."""
        text = self._game.text
        if text is not None:
            text.generation.logits(self._game.controls)  # what is held counts from the next character on
            self._now = text.generation.units
            self.values.put(text.position, [float(self._now[self.values.place])])

    def read_again(self) -> Iterator[None]:
        """Reads the text before the cursor again, where the unit's values aren't known: the latest text first. Yields
        after each token, so that a running text goes on meanwhile.
        """
        text, values = self._game.text, self.values
        if text is None:
            return
        for most in READ_AGAIN:
            end = len(text.log)
            start = max(text.log.dropped, end - most)
            if np.isnan(values.after(start, end)).any():
                first = max(text.log.dropped, start - WARM_UP) if start else 0
                tokens = [(entry.id, entry.controls) for entry in text.log.entries(first, end)]
                prompt = text.prompt if first == 0 else None
                values.fill(first, (yield from read_again(text.model, prompt, tokens, values.place)))
                self.forget_contexts()

    def marks(self, start: int, end: int) -> bytes:
        """The marks of the characters between two offsets of the page, by what the unit was after each."""
        text = self._game.text
        assert text is not None
        prompt = max(0, min(end, len(text.prompt)) - start)
        first, last = (max(0, offset - len(text.prompt)) for offset in (start, end))
        log = text.log
        if last <= first or first >= log.end_of(len(log)):
            return (bytes([PROMPT_MARK]) * prompt).ljust(end - start, bytes([UNKNOWN_MARK]))
        tokens = range(log.token_at(first), min(log.token_at(last - 1) + 1, len(log)))
        levels = bytearray(self.values.levels(tokens.start, tokens.stop))
        bounds = [min(last, max(first, log.end_of(token))) for token in range(tokens.start, tokens.stop + 1)]
        for place, token in enumerate(tokens):
            if log.id(token) == text.eos:
                levels[place] = EOS_MARK
        lengths = [after - before for before, after in pairwise(bounds)]
        of_tokens = b"".join(levels[place : place + 1] * length for place, length in enumerate(lengths))
        dropped = bytes([UNKNOWN_MARK]) * (bounds[0] - first)  # so far back that only the page remembers it
        known = bytes([PROMPT_MARK]) * prompt + dropped + of_tokens
        return known.ljust(end - start, bytes([UNKNOWN_MARK]))

    def links(self) -> tuple[list[int], int | None]:
        """What the next character may depend on: the ids before the cursor, and the id of the next one where it is
        known.
        """
        text = self._game.text
        assert text is not None
        assert self._model is not None
        ids = list(text.ids[-LINKS - WARM_UP :])
        if len(ids) == len(text.ids):
            ids = encode_prompt(self._model, text.prompt) + ids
        if text.eos in ids[:-1]:
            ids = ids[len(ids) - 1 - ids[::-1].index(text.eos) :]  # the network was reset there
        return ids, text.future[0].id if text.future else None

    def offsets_of(self, count: int) -> list[int]:
        """Where on the page each of the last `count` tokens before the cursor begins; the prompt's are characters."""
        text = self._game.text
        assert text is not None
        prompt = len(text.prompt)
        places = range(text.position - count, text.position + 1)
        return [max(0, prompt + (text.log.end_of(place) if place >= 0 else place)) for place in places]

    # -- holding -------------------------------------------------------------------------------------------------

    @property
    def held(self) -> Hold:
        return self._game.controls.hold

    @property
    def dial(self) -> float | None:
        """Where the chosen unit is held, in standard deviations from its mean; None where it is free."""
        held = self.held.get(self.unit)
        if held is None:
            return None
        times = deviations_of(held)
        return (float(held) - self.values.mean) / self.values.deviation if times is None else times

    def turned(self, step: int) -> Hold:
        """What is held once the dial is turned by a step; a unit that is free starts from its mean."""
        dial = self.dial
        times = max(-DIAL, min(DIAL, round(dial if dial is not None else 0.0) + step))
        return {**self.held, self.unit: f"{times}sd"}

    def ablated(self) -> Hold:
        return {**self.held, self.unit: 0.0}

    def released(self) -> Hold:
        """Without the chosen unit; where that isn't held, without any."""
        return {unit: value for unit, value in self.held.items() if unit != self.unit and self.unit in self.held}

    # -- what is shown -------------------------------------------------------------------------------------------

    def shades(self) -> NDArray[np.uint8]:
        """(S,): the shade of each unit, by its distance from its mean."""
        if self._model is None or len(self._now) != len(self._names):
            return np.empty(0, np.uint8)
        means, deviations = self.statistics if self.statistics is not None else (0.0, 1.0)
        half = SHADES // 2
        distances = np.clip((self._now - means) / np.maximum(deviations, 1e-6) / _EDGE, -1.0, 1.0)
        shades: NDArray[np.uint8] = (distances * half + half).round().astype(np.uint8)
        for unit in self.held:
            if (place := self.place(unit)) is not None:
                shades[place] = HELD
        return shades

    def report(self, keys: Mapping[str, str], name: str = "") -> Report:
        """What there is to say about the chosen unit. `keys` are those to name."""
        text, values = self._game.text, self.values
        if text is None or not len(self._now):
            return Report(self.unit, keys=keys)
        start = max(text.log.dropped, len(text.log) - _COURSE)
        value = float(self._now[values.place])
        measured = self.statistics is not None
        named = next((unit["name"] for unit in self.known if unit["unit"] == self.unit), name)
        return Report(
            unit=self.unit,
            name=named,
            value=value,
            deviations=(value - values.mean) / values.deviation if measured else None,
            course=(values.after(start, len(text.log)) - values.mean) / values.deviation,
            levels=values.levels(start, len(text.log)),
            held=self.held,
            dial=self.dial,
            known=self.known,
            contexts=self._highest(),
            keys=keys,
        )

    def _highest(self) -> Sequence[Context]:
        """Where the unit is highest in the text, found again when the text is a tenth longer."""
        text = self._game.text
        assert text is not None
        at = len(text.log)
        if not 0 <= at - self._contexts_at <= max(40, at // 10) or self._contexts_at < 0:
            self._contexts_at = at
            start = max(text.log.dropped, at - _CONTEXTS_FROM)
            values = self.values.after(start, at)
            texts = [entry.text for entry in text.log.entries(start, at)]
            known = np.where(np.isnan(values), -np.inf, values)
            highest = contexts(known, texts, _CONTEXTS, width=_WIDTH)[0] if texts else []
            self._contexts = [context for context in highest if np.isfinite(context.value)]
        return self._contexts

    def forget_contexts(self) -> None:
        """For when more of the text has been read, or the text is another one."""
        self._contexts_at = -1
