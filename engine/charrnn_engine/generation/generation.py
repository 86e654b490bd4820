"""One text of one model: what has been drawn so far, the state to go on from, and the way back. Knows nothing of who
reads it, or when.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import cast

from numpy import float32
from numpy.typing import NDArray

from charrnn_engine.generation.drafts import Drafts
from charrnn_engine.generation.learning import HeadInForce
from charrnn_engine.generation.prompts import encode_prompt
from charrnn_engine.generation.reading import Base, Reading
from charrnn_engine.generation.rules_in_force import RulesInForce
from charrnn_engine.generation.tokens import Begun, Token, new_token
from charrnn_engine.network.head import Dense
from charrnn_engine.network.model import CharRNN
from charrnn_engine.network.products import Array
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.distribution import Float64
from charrnn_engine.sampling.random_numbers import RandomNumbers
from charrnn_engine.sampling.sampler import Sampler


class Generation:
    """One text of one model: the prompt, what has been drawn since, and the state to go on from.

    The seed gives each position a random number of its own, so the same controls at the same positions give exactly
    the same text, also after going back. After an `<eos>` the text goes on from the initial state, as every text
    did in training. Units that the controls of a token hold are held in the one step that gives its logits: the one
    that reads the token before it.

    Raises what `encode_prompt` raises, and ControlsError for a seed out of range.
    """

    def __init__(self, model: CharRNN, prompt: str, *, seed: int, begun: Begun | None = None) -> None:
        """`begun` is a text that has been started elsewhere. It replaces the prompt, and can't be rewound."""
        self.model = model
        self.prompt = prompt
        self._text = Reading(model, encode_prompt(model, prompt) if begun is None else begun.past, begun)
        self._ids, self._ready = self._text.ids, self._text.ready
        self._numbers = RandomNumbers(seed)
        self._sample_from(model.network.head)
        self._kinds, self._eos = model.vocabulary.kinds, model.vocabulary.eos
        self._texts_after = model.vocabulary.texts_after
        self._rules = RulesInForce(model, self._text.before, begun)
        self._drafts = Drafts(self._ids, self._draw, self._cut_draft, lambda: self._text.stepper.state[0], seed)
        self._head = HeadInForce(self._text.stepper, model.network.head)
        self._controls: Controls | None = None  # of the token drawn last
        self._plain = True  # no rules, and nothing learnt

    def _sample_from(self, head: Dense) -> None:
        vocabulary = self.model.vocabulary
        sampler = Sampler(len(vocabulary), vocabulary.never_drawn, head.largest_logit)
        self._figures, self._figures_of = sampler.figures, sampler.figures_of

    @property
    def seed(self) -> int:
        return self._numbers.seed

    @property
    def ids(self) -> Sequence[int]:
        """Ids of the text so far, without the prompt: all of them, or about the last million."""
        return self._ids

    @property
    def earliest(self) -> int:
        """The smallest length that `rewind` can still go back to."""
        # One step before it there must be a snapshot, in case other units are to be held in that step.
        return max(self._text.begun_at, self._text.dropped + 1 if self._text.dropped else 0)

    def __len__(self) -> int:
        return len(self._text)

    @property
    def at_eos(self) -> bool:
        """Whether the token drawn last was `<eos>`."""
        return bool(self._ids) and self._ids[-1] == self._eos

    def next(self, controls: Controls) -> Token:
        """Draws the next token and appends it to the text. Raises ControlsError where they hold an unknown unit, and
        for rules that the model can't follow.
        """
        if controls is not self._controls:
            self._take_controls(controls)
        index = self._text.dropped + len(self._ids)
        if self._plain:
            return self._add(self._figures(self._ready(index), controls, self._numbers[index]), controls, index)
        follower = self._rules.follower
        if follower is not None and follower.rules.can_go_back and not self._head.rate:
            return cast(Token, self._drafts.next(controls, follower, index))
        # What has been learnt can't be taken back, so then the last token of a banned string is masked.
        token = self._draw(controls, self._addend(), self._numbers[index])
        self._follow(token.id)
        return token

    def take(self, token_id: int, controls: Controls) -> Token:
        """Appends a token of the caller's choice instead of drawing one.

        Its probabilities are those that it had under these controls. Raises ValueError for an id out of range or
        one that is never drawn.
        """
        vocabulary = self.model.vocabulary
        if not 0 <= token_id < len(vocabulary) or token_id in vocabulary.never_drawn:
            raise ValueError(f"this model can't generate the id {token_id}")
        self._take_controls(controls)
        index = len(self)
        figures = self._figures_of(token_id, self._ready(index), controls, self._addend())
        token = self._add(figures, controls, index)
        self._follow(token_id)
        return token

    def resume(self, tokens: Iterable[tuple[int, Controls]]) -> None:
        """Appends tokens that the text had before, with their controls: like `take`, without probabilities."""
        for index, controls in tokens:
            self._take_controls(controls)
            self._ready(len(self))
            self._append(index)
            self._follow(index)

    def addend(self, controls: Controls) -> Float64 | None:
        """What the rules of controls would add to the logits of the next token (V,): for `drawn_distribution`. None
        where there are none. Raises ControlsError for rules that the model can't follow.
        """
        self._settle()
        self._rules.take(controls, len(self))
        self._controls = None  # the next token may come under others
        return self._addend()

    def present(self) -> Begun:
        """What it takes to go on with this text elsewhere."""
        self._settle()
        if self._text.fed == len(self):
            self._text.return_to(len(self) - 1)
        follower = self._rules.follower
        nodes = None if follower is None else follower.state.nodes
        return Begun(self._text.stepper.state[0], len(self), self._text.before(len(self)), nodes)

    @property
    def learning(self) -> bool:
        """Whether the head learns from this text, or has learnt."""
        return self._head.head is not None

    def adapted(self) -> CharRNN | None:
        """The model with what its head has learnt from this text, as a new model; None where nothing is learnt."""
        head = self._head.head
        return None if head is None else replace(self.model, network=replace(self.model.network, head=head.fixed()))

    def replace_model(self, model: CharRNN) -> None:
        """Continues with other weights, such as those of the same network after more training. The text can't be
        rewound past this position, nor replayed from its seed. Raises ValueError for another vocabulary or network.
        """
        same = model.vocabulary.tokens == self.model.vocabulary.tokens
        if not same or model.network.state_size != self.model.network.state_size:
            raise ValueError(f"{model.name!r} has another vocabulary or network")
        self._settle()
        self.model = model
        self._text.replace_model(model)
        self._head = HeadInForce(self._text.stepper, model.network.head)
        self._sample_from(model.network.head)
        self._controls, self._plain = None, True

    def _take_controls(self, controls: Controls) -> None:
        """The next token comes under these controls; so do all after it until others are given."""
        self._settle()
        self._rules.take(controls, len(self))
        self._text.hold(controls.hold)
        if controls.adapt != self._head.rate:
            self._head.take(controls.adapt, len(self))
            self._sample_from(self._head.head or self.model.network.head)
        self._controls = controls
        self._plain = self._rules.follower is None and self._head.head is None

    def _follow(self, index: int) -> None:
        """Rules and head go on by the token at the end of the text."""
        if self._rules.follower is not None:
            self._rules.follower.append(index)
        if self._head.rate:
            self._head.learn(len(self) - 1, index)

    def _addend(self) -> Float64 | None:
        follower = self._rules.follower
        return None if follower is None else follower.addend(strict=True)

    def _draw(self, controls: Controls, addend: Float64 | None, u: float) -> Token:
        index = len(self)
        return self._add(self._figures(self._ready(index), controls, u, addend), controls, index)

    def _settle(self) -> None:
        """Drops what has been drawn but isn't part of the text yet."""
        if len(self._drafts):
            self._cut_draft(len(self), self._drafts.base)
            self._drafts.clear()

    def _cut_draft(self, length: int, base: Base | None) -> None:
        self._text.cut(length, base)
        self._rules.rewind(length)

    def _add(self, figures: tuple[int, float, float, float], controls: Controls, index: int) -> Token:
        token_id, probability, model_probability, entropy = figures
        last = self._ids[-1] if self._ids else self._text.before(index)[-1]
        text = self._texts_after[self._kinds[last]][token_id]
        self._append(token_id)
        return new_token((token_id, text, probability, model_probability, entropy, controls, index))

    def _append(self, index: int) -> None:
        if self._text.append(index):
            self._rules.drop_before(self._text.dropped)

    def logits(self, controls: Controls | None = None) -> NDArray[float32]:
        """Log-scores of the next token, (V,), for looking at the alternatives; overwritten by the next step.

        Under what `controls` hold, or without them under what was held last.
        """
        self._settle()
        if controls is not None:
            self._text.hold(controls.hold)
            self._controls = None  # the next token may come under others
        return self._text.read_on()

    def unit(self, place: int) -> float:
        """One unit in the state that the last token was drawn from, so after the token before it, by its place in
        `unit_names`. Costs next to nothing, so that it can be read for each token of a running text.
        """
        self._return_to_last_step()
        return self._text.stepper.unit(place)

    def static_probability(self) -> float | None:
        """The probability of the last token under the model without what it has learnt from this text; None if it
        learns nothing. Call it right after `next` or `take`.
        """
        if self._head.head is None:
            return None
        self._return_to_last_step()
        return self._head.static_probability(self._ids[-1])

    def _return_to_last_step(self) -> None:
        """Puts the state back to what the last token was drawn from, if drafts have gone on from it."""
        if len(self._drafts):
            self._settle()
            self._text.return_to(len(self) - 1)

    @property
    def units(self) -> Array:
        """All units after the last token of the text, as `unit_names` names them: a copy, float32 (S,)."""
        self.logits()
        units: Array = self._text.stepper.units[0]
        return units

    def units_from(self, start: int) -> Array:
        """All units after each token from position `start` on, under what was held there: float32 (T, S).

        Reads the text again from the nearest snapshot. Raises ValueError for a position out of range.
        """
        self._check_length(start)
        self._settle()
        return self._text.units_from(start)

    def rewind(self, length: int) -> None:
        """Goes back to the first `length` tokens and drops the others.

        Costs at most a few hundred steps from the nearest snapshot. Raises ValueError for a length out of range.
        """
        self._check_length(length)
        self._settle()
        self._controls = None
        self._text.cut(length)
        self._rules.rewind(length)
        learnt = max(self._head.rewind(length), self.earliest)
        if learnt < length:
            self._text.return_to(learnt)
            for at in range(learnt, length):
                self._head.learn(at, self._ids[at - self._text.dropped])
                for _ in self._text.walk(at + 1):
                    pass
        self.logits()

    def _check_length(self, length: int) -> None:
        if not self.earliest <= length <= len(self):
            raise ValueError(f"the text has tokens {self.earliest} to {len(self)}; it can't go back to {length}")
