"""Writes short continuations of a text, each with another seed. Knows no screen, and doesn't change the text."""

from dataclasses import dataclass

from charrnn_engine.generation.generation import Generation
from charrnn_engine.generation.tokens import Token
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.random_numbers import SEED_AT_MOST
from charrnn_engine.vocabulary import Vocabulary

_CHARACTERS = 80
_SHORTEST = 40  # characters that are left at least where a piece is cut at the end of a word


@dataclass(frozen=True)
class Continuation:
    """Tokens that could come next. As a character, `<eos>` counts as one."""

    tokens: tuple[Token, ...]

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(token.id for token in self.tokens)

    @property
    def characters(self) -> int:
        return sum(len(token.text) or 1 for token in self.tokens)

    @property
    def bits_per_character(self) -> float:
        """Surprisal under the model, before the controls."""
        return sum(token.surprisal for token in self.tokens) / self.characters


class Continuations:
    """Writes continuations of a generation under `controls`. Nothing may be drawn from the generation meanwhile.

    They follow the pattern in force, and use what the model has learnt. Their seeds follow from that of the text, so
    that the same place has the same continuations.
    """

    def __init__(self, generation: Generation, controls: Controls) -> None:
        """Raises ControlsError for rules that the model can't follow."""
        generation.addend(controls)
        self._begun, self._controls = generation.present(), controls
        self._model = generation.adapted() or generation.model
        self._seed = generation.seed

    @property
    def vocabulary(self) -> Vocabulary:
        return self._model.vocabulary

    def write(self, number: int) -> Continuation:
        """Writes the continuation with a number, from 1: to the end of a line or of a text, or at most about 80
        characters of whole words. Raises what `Generation.next` raises.
        """
        model, eos = self._model, self._model.vocabulary.eos
        generation = Generation(model, "", seed=(self._seed + number) % SEED_AT_MOST, begun=self._begun)
        tokens: list[Token] = []
        length, word_ends, begun = 0, 0, False
        while length < _CHARACTERS:
            token = generation.next(self._controls)
            tokens.append(token)
            length += len(token.text) or 1
            begun = begun or bool(token.text.strip())
            if begun and (token.id == eos or "\n" in token.text):
                return Continuation(tuple(tokens))
            if token.text.isspace() and length >= _SHORTEST:
                word_ends = len(tokens)
        return Continuation(tuple(tokens[: word_ends or None]))
