"""A penalty for going on as the text has gone on before, which ends loops: DRY, "don't repeat yourself", by p-e-w
(https://github.com/oobabooga/text-generation-webui/pull/5677). Knows no vocabulary and draws nothing.

Where the last n >= `length` tokens have come before, the token that followed them then loses
`multiplier * base ** (n - length)` logits. For characters `length` is 12 or more, and nothing breaks a sequence.
"""

from collections.abc import Iterable, Mapping

RANGE = 4096
"""How many of the last tokens are searched."""
_GREATEST = 200.0  # logits; more makes no difference
_LONGEST = 100  # tokens by which a match may pass `length`
_MATCHES = 16  # the latest ones


class RepetitionPenalty:
    """Given the tokens of a text as they come, says what each next token loses."""

    def __init__(self, length: int, multiplier: float, base: float, ids: Iterable[int] = ()) -> None:
        self._length, self._multiplier, self._base = length, multiplier, base
        # Tokens as characters, id 7 as chr(7): a string is searched much faster than a list.
        self._tail = "".join(map(chr, ids))[-RANGE:]

    def append(self, index: int) -> None:
        self._tail += chr(index)
        if len(self._tail) > 2 * RANGE:
            self._tail = self._tail[-RANGE:]

    def losses(self) -> Mapping[int, float]:
        """Logits that tokens lose, by id, each more than 0."""
        text, length = self._tail, self._length
        end, start = len(text), max(0, len(text) - RANGE)
        found: dict[int, float] = {}
        probe, before = text[-length:], end - 1
        if end - start <= length:
            return {}
        for _ in range(_MATCHES):
            at = text.rfind(probe, start, before)
            if at < 0:
                break
            before, following = at + length - 1, at + length
            more = 0
            while more < _LONGEST and at > more + start and text[at - 1 - more] == text[end - length - 1 - more]:
                more += 1
            loss = min(_GREATEST, self._multiplier * min(self._base**more, _GREATEST / self._multiplier))
            index = ord(text[following])
            found[index] = max(found.get(index, 0.0), loss)
        return found
