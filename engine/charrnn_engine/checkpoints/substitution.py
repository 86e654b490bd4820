"""Finds a lost vocabulary again, as one solves a substitution cipher: which id stands for which character of a text.

Pairs of neighbours that the model writes are matched with those of the text by swaps; then what the model expects at
each place of the text corrects the rest. Reads no files.
"""

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.checkpoints.fit import Ids, carried_steps
from charrnn_engine.network.model import Network
from charrnn_engine.network.stepper import Stepper

Matrix = NDArray[np.float64]

_ROWS, _WARM_UP, _STEPS = 128, 60, 400  # of text that the model writes
_ROUNDS = 30
_KICKS = 300
_SHORT, _LONG = 30_000, 100_000  # characters read per round: at first, and once nothing gets better


def solve(network: Network, text: Ids, characters: int, seed: int = 0) -> Ids:
    """The id of each character, (characters,), for a text of numbers from 0 to `characters` - 1.

    There may be fewer characters than the network has tokens. The network must be one whose state goes on.
    """
    rng = np.random.default_rng(seed)
    size = network.vocabulary_size
    # Characters that don't exist make the two sets equally large.
    pairs = np.zeros((size, size))
    np.add.at(pairs, (text[:-1], text[1:]), 1.0)
    written = _written_pairs(network, rng)
    mapping = _match_pairs(pairs, written, rng)
    for most in (_SHORT, _LONG):
        expected = _expectations(network, mapping, text, most)
        for _ in range(_ROUNDS):
            # What comes before a character decides here, so characters in like places may be swapped wrongly.
            better = best_assignment(expected)
            then = _expectations(network, better, text, most)
            if np.trace(then[:, better]) <= np.trace(expected[:, mapping]):
                break
            mapping, expected = better, then
    return mapping[:characters].astype(np.intp)


def _written_pairs(network: Network, rng: np.random.Generator) -> Matrix:
    """How often the model writes one token after another, (V, V)."""
    size = network.vocabulary_size
    stepper, counts = Stepper(network, _ROWS), np.zeros((size, size))
    ids = rng.integers(size, size=_ROWS)
    for step in range(_WARM_UP + _STEPS):
        # The largest of logits and Gumbel noise is a draw from the softmax.
        following = (stepper.step(ids) + rng.gumbel(size=(_ROWS, size))).argmax(axis=1)
        if step >= _WARM_UP:
            np.add.at(counts, (ids, following), 1.0)
        ids = following
    return counts


def _match_pairs(pairs: Matrix, written: Matrix, rng: np.random.Generator) -> Ids:
    """The assignment under which the text's pairs are likeliest by the model's: a climb by swaps, then climbs from
    where a few characters of the best one were moved round.
    """
    shares = written.sum(axis=1)
    smooth = written + 0.5 * np.outer(shares, shares) / max(1.0, shares.sum()) + 1e-3
    log_shares = np.log(smooth / smooth.sum())
    by_frequency = np.empty(len(pairs), np.intp)
    by_frequency[np.argsort(-pairs.sum(axis=1), kind="stable")] = np.argsort(-shares, kind="stable")

    def score(mapping: Ids) -> float:
        return float((pairs * log_shares[np.ix_(mapping, mapping)]).sum())

    best = _climb(pairs, log_shares, by_frequency)
    best_score = score(best)
    for kick in range(_KICKS if len(pairs) <= 150 else _KICKS // 10):
        tried = best.copy()
        # Every other time among those that fit worst, where cycles of several characters hide.
        fits = _fit_of_each(pairs, log_shares, best)
        pool = np.argsort(fits)[:10] if kick % 2 else np.arange(len(best))
        some = rng.choice(pool, min(len(pool), int(rng.integers(3, 6))), replace=False)
        tried[some] = tried[np.roll(some, 1)]
        tried = _climb(pairs, log_shares, tried)
        if score(tried) > best_score + 1e-9:
            best, best_score = tried, score(tried)
    return best


def _fit_of_each(pairs: Matrix, log_shares: Matrix, mapping: Ids) -> Matrix:
    """How likely the pairs of each character are, per pair, (V,); infinite for a character that isn't there."""
    by_pair = pairs * log_shares[np.ix_(mapping, mapping)]
    counts = pairs.sum(axis=0) + pairs.sum(axis=1)
    totals = by_pair.sum(axis=0) + by_pair.sum(axis=1)
    return np.asarray(np.divide(totals, counts, out=np.full(len(counts), np.inf), where=counts > 0))


def _climb(pairs: Matrix, log_shares: Matrix, mapping: Ids) -> Ids:
    """Swaps two characters as long as that raises the sum of pairs times log shares, the best swap first."""
    T, mapping = pairs, mapping.copy()
    for _ in range(10 * len(mapping)):
        P = log_shares[np.ix_(mapping, mapping)]
        X, dT, dP = T @ P.T + T.T @ P, np.diag(T), np.diag(P)
        gain = X + X.T - np.diag(X)[:, None] - np.diag(X)[None, :]
        # Where both places of a pair change, the sums above count them wrongly.
        gain -= (dT[:, None] - T.T) * (P.T - dP[:, None]) + (T - dT[None, :]) * (dP[None, :] - P)
        gain -= (dT[:, None] - T) * (P - dP[:, None]) + (T.T - dT[None, :]) * (dP[None, :] - P.T)
        gain += (dT[:, None] - dT[None, :]) * (dP[None, :] - dP[:, None]) + (T - T.T) * (P.T - P)
        a, b = np.unravel_index(gain.argmax(), gain.shape)
        if gain[a, b] <= 1e-9:
            break
        mapping[[a, b]] = mapping[[b, a]]
    return mapping


def _expectations(network: Network, mapping: Ids, text: Ids, most: int) -> Matrix:
    """The sum of log p of every id at the places of every character, (V, V)."""
    original = np.empty_like(mapping)
    original[mapping] = np.arange(len(mapping))
    total, everything = np.zeros((len(mapping), len(mapping))), np.eye(len(mapping), dtype=np.float32)
    for logits, targets, _ in carried_steps(network, mapping[text], most):
        z = logits - logits.max(axis=1, keepdims=True)
        z -= np.log(np.exp(z).sum(axis=1, keepdims=True))
        total += everything[original[targets]].T @ z
    return total


def best_assignment(scores: Matrix) -> Ids:
    """The column of each row, every column once, with the greatest sum of scores (n, n).

    The Hungarian method (J. Munkres, "Algorithms for the assignment and transportation problems", 1957).
    """
    size = len(scores)
    costs = np.zeros((size + 1, size + 1))
    costs[1:, 1:] = -scores
    rows, columns = np.zeros(size + 1), np.zeros(size + 1)  # potentials
    owner, before = np.zeros(size + 1, np.intp), np.zeros(size + 1, np.intp)
    for row in range(1, size + 1):
        owner[0], column = row, 0
        slack, used = np.full(size + 1, np.inf), np.zeros(size + 1, bool)
        while owner[column]:
            used[column] = True
            reduced = costs[owner[column]] - rows[owner[column]] - columns
            closer = ~used & (reduced < slack)
            slack[closer], before[closer] = reduced[closer], column
            following = int(np.where(used, np.inf, slack)[1:].argmin()) + 1
            step = slack[following]
            rows[owner[used]] += step
            columns[used] -= step
            slack[~used] -= step
            column = following
        while column:
            owner[column] = owner[before[column]]
            column = before[column]
    found = np.empty(size, np.intp)
    found[owner[1:] - 1] = np.arange(size)
    return found
