"""What the head of a text's network learns from its tokens, and the way back. Chooses no tokens."""

from bisect import bisect_right
from operator import itemgetter

from charrnn_engine.network.head import Dense
from charrnn_engine.network.learning_head import LearningHead
from charrnn_engine.network.products import Array
from charrnn_engine.network.stepper import Stepper
from charrnn_engine.sampling.distribution import model_distribution

_KEEP_EVERY = 256  # tokens
_BYTES_AT_MOST = 64_000_000  # of weights kept for going back


class HeadInForce:
    """The head of one text: the model's own, or a copy that learns under a learning rate, from some position on."""

    def __init__(self, stepper: Stepper, head: Dense) -> None:
        self._stepper, self._original = stepper, head
        self.head: LearningHead | None = None
        self._rates: list[tuple[int, float | None]] = [(0, None)]
        self._kept: dict[int, Array] = {}  # weights, by tokens learnt from
        self._learnt = 0  # the length of the text up to which something has been learnt

    @property
    def rate(self) -> float | None:
        return self._rates[-1][1]

    def take(self, rate: float | None, position: int) -> None:
        """The token at this position comes under this learning rate. None forgets what has been learnt."""
        if rate == self.rate:
            return
        self._rates.append((position, rate))
        if rate is None:
            self._use(None)
        elif self.head is None:
            self._use(LearningHead(self._original))

    def learn(self, position: int, index: int) -> None:
        """Learns from the token at a position, which was or will be drawn from the present logits."""
        rate = self._rates[bisect_right(self._rates, position, key=itemgetter(0)) - 1][1]
        if self.head is None or not rate:
            return
        self.head.learn(self._stepper.head_input, self._stepper.logits, index, rate)
        self._learnt = position + 1
        if self._learnt % _KEEP_EVERY == 0:
            self._kept[self._learnt] = self.head.weights.copy()
            if len(self._kept) * self.head.weights.nbytes > _BYTES_AT_MOST:
                for at in list(self._kept)[::2]:
                    del self._kept[at]

    def static_probability(self, index: int) -> float:
        """The probability of a token after the present state, under the head as it was before it learnt. The state
        doesn't depend on the head.
        """
        h_and_one = self._stepper.head_input
        return float(model_distribution(self._original(h_and_one[:-1]))[index])

    def rewind(self, length: int) -> int:
        """Goes back to the first `length` tokens. Returns the position from which on they must be learnt again:
        `length` if the head is already what it was.
        """
        forgot = self._learnt > length
        while len(self._rates) > 1 and self._rates[-1][0] >= length:
            forgot |= self._rates.pop()[1] is None
        self._kept = {at: weights for at, weights in self._kept.items() if at <= length}
        if self.rate is None:
            self._use(None)
            return length
        if not forgot:
            return length
        begun = max(at for (_, before), (at, _) in zip(self._rates, self._rates[1:], strict=False) if before is None)
        start = max((at for at in self._kept if at > begun), default=begun)
        head = LearningHead(self._original)
        if start in self._kept and start > begun:
            head.weights[...] = self._kept[start]
        self._learnt = start
        self._use(head)
        return start

    def _use(self, head: LearningHead | None) -> None:
        if head is not self.head:
            self.head = head
            self._stepper.use_head(head or self._original)
