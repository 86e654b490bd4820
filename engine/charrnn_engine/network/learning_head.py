"""A head that goes on learning from the tokens that a network reads, one gradient step a token: dynamic evaluation
(Mikolov et al. 2010; Krause et al. 2018, arXiv:1709.07432), of the Dense layer alone. Knows no cells and no text.
"""

import math

import numpy as np

from charrnn_engine.network.head import Dense
from charrnn_engine.network.products import Array

DEFAULT_RATE = 0.003
"""The learning rate that was best on training text of `shakespeare`: see docs/writing-with-it.md."""


class LearningHead(Dense):
    """A copy of a head, which `learn` changes in place. The head that it was copied from stays as it was."""

    def __init__(self, head: Dense) -> None:
        weights = np.vstack([head.kernel, head.bias])
        super().__init__(weights[:-1], weights[-1], head.bounded)
        self.__dict__["_with_bias"] = weights  # what `bind` multiplies by, so that steppers see what is learnt
        self._step = np.empty_like(weights)

    @property
    def largest_logit(self) -> float:
        """Infinite: there is no bound that holds while the weights change."""
        return math.inf

    @property
    def weights(self) -> Array:
        """Kernel and, as the last row, bias: (H + 1, V). May be written to."""
        return self._with_bias

    def learn(self, h_and_one: Array, logits: Array, target: int, rate: float) -> float:
        """One step of gradient descent on -log softmax(logits)[target], which is returned, in nats.

        `logits` (V,) are those of this head for a hidden state followed by a 1, (H + 1,). Both are left unchanged.
        """
        error = logits - logits.max()
        asked = float(error[target])
        np.exp(error, error)
        total = float(error.sum())
        error *= np.float32(-rate / total)
        error[target] += rate
        np.multiply(h_and_one[:, None], error, self._step)
        self.weights[...] += self._step
        return math.log(total) - asked

    def fixed(self) -> Dense:
        """A copy of what has been learnt so far, as a head that stays as it is."""
        return Dense(self.kernel.copy(), self.bias.copy(), self.bounded)
