"""Writes the texts of a plan: a few one by one, many in batches, and very many in batches on all cores.

A batch takes a fixed stretch of the plan, a block, whichever process writes it. So the bytes don't depend on the
number of cores. Knows no output.
"""

import math
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from time import perf_counter
from typing import NamedTuple

import click
import numpy as np

from charrnn_engine import CharRNN, generate
from charrnn_engine.evaluation.threads import usable_cores
from charrnn_engine.generation.many import ROWS, write_many
from charrnn_engine.generation.prompts import encode_prompt
from charrnn_tui.commands import interrupts
from charrnn_tui.commands.sample_plan import Plan, Sample

_MANY = 16  # texts; from here on batches are faster
_BLOCK = 256  # texts
_LARGE_NETWORK = 500_000  # weights; its blocks are as small as the batch is wide, so that more cores get one
_CHARACTERS_AT_MOST = 1_000_000  # of a block: all of them are in memory until it is written
_START_SECONDS = 0.3  # what starting processes costs


class _Finished(NamedTuple):
    """A text as one process sends it to another."""

    text: str
    ended: bool
    characters: int
    bits: float


def written(model: CharRNN, plan: Plan, *, bits: bool) -> Iterator[Sample]:
    """The texts of a plan in order, each to be read to its end before the next. With `bits` they are measured."""
    block = _block_size(model, plan)
    if min(plan.count, block) < _MANY:
        for number in range(plan.count):
            yield _one(model, plan, number)
        return
    blocks = (range(at, min(at + block, plan.count)) for at in range(0, plan.count, block))
    first = next(blocks)
    started = perf_counter()
    finished = write_block(model, plan, first, bits)
    seconds = (perf_counter() - started) * (plan.count / len(first) - 1)  # that the others will take one core
    yield from _samples(plan, first, finished)
    cores = usable_cores()
    if seconds * (1 - 1 / cores) > _START_SECONDS:
        yield from on_all_cores(model, plan, blocks, bits=bits, cores=cores)
    else:
        for numbers in blocks:
            yield from _samples(plan, numbers, write_block(model, plan, numbers, bits))


def _block_size(model: CharRNN, plan: Plan) -> int:
    size = ROWS if model.parameters > _LARGE_NETWORK else _BLOCK
    return 0 if plan.limit is None else min(size, _CHARACTERS_AT_MOST // plan.limit)


def _one(model: CharRNN, plan: Plan, number: int) -> Sample:
    """A text by itself, whose pieces are drawn as they are read."""
    prompt, controls, seed = plan.request(number)
    eos = model.vocabulary.eos
    limit = math.inf if plan.limit is None else plan.limit

    def pieces() -> Iterator[str]:
        for token in generate(model, prompt, controls, seed=seed, endless=plan.endless):
            interrupts.check()
            length = max(1, len(token.text))
            if sample.characters and sample.characters + length > limit:
                return  # a word that would pass the limit is left out, unless it is the first
            sample.characters += length
            sample.bits += token.surprisal
            sample.ended = token.id == eos and not plan.endless
            yield "\n" if plan.endless and token.id == eos else token.text
            if sample.characters >= limit:
                return

    sample = Sample(plan.start(number), controls, seed, pieces())
    return sample


def write_block(model: CharRNN, plan: Plan, numbers: range, bits: bool) -> list[_Finished]:
    """The texts of a stretch of the plan, written side by side."""
    vocabulary = model.vocabulary
    eos = None if plan.endless else vocabulary.eos
    found: dict[int, _Finished] = {}
    for number, ids, surprisals in write_many(
        model,
        map(plan.request, numbers),
        max_tokens=plan.max_tokens,
        endless=plan.endless,
        surprisals=bits,
    ):
        interrupts.check()
        last_of_prompt = encode_prompt(model, plan.request(number).prompt)[-1]
        pieces = vocabulary.pieces(ids.tolist(), last_of_prompt, "\n" if plan.endless else "")
        reached = np.array([max(1, len(piece)) for piece in pieces]).cumsum()
        # As in `_one`: a word that would pass the limit is left out, unless it is the first.
        count = max(1, int(reached.searchsorted(plan.limit, "right"))) if plan.limit else len(ids)
        found[number] = _Finished(
            "".join(pieces[:count]),
            bool(ids[count - 1] == eos),
            int(reached[count - 1]),
            float(surprisals[:count].sum(dtype=np.float64)),
        )
    return [found[number] for number in range(len(numbers))]


def _samples(plan: Plan, numbers: range, finished: list[_Finished]) -> Iterator[Sample]:
    for number, (text, ended, characters, bits) in zip(numbers, finished, strict=True):
        _, controls, seed = plan.request(number)
        yield Sample(plan.start(number), controls, seed, (text,), ended, characters, bits)


def on_all_cores(model: CharRNN, plan: Plan, blocks: Iterable[range], *, bits: bool, cores: int) -> Iterator[Sample]:
    """The texts of blocks, written by a process per core. At most a few blocks per process are begun."""
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(cores, initializer=begin_worker, initargs=(model, plan, bits))
    begun: deque[tuple[range, Future[list[_Finished]]]] = deque()
    try:
        for numbers in blocks:
            with _interrupts_held_back():
                begun.append((numbers, pool.submit(_write_block_of_plan, numbers)))
            if len(begun) > 2 * cores:
                yield from _read(plan, *begun.popleft())
        while begun:
            yield from _read(plan, *begun.popleft())
    except BrokenProcessPool:
        raise click.ClickException("a process that wrote texts ended early; it may have run out of memory") from None
    finally:
        if begun:  # interrupted, or the reader has gone
            for process in set(multiprocessing.active_children()) - before:
                process.terminate()
        pool.shutdown(cancel_futures=True)


def _read(plan: Plan, numbers: range, future: Future[list[_Finished]]) -> Iterator[Sample]:
    return _samples(plan, numbers, future.result())


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Delays Ctrl-C here. Processes started meanwhile never get one: the terminal sends it to all, but only this
    process is to answer.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class _Stopped(Exception):
    """This worker was asked to stop writing."""


_job: tuple[CharRNN, Plan, bool] | None = None  # of this worker process
_writing = _stopped = False  # whether it writes a block now, and whether it was asked to stop


def begin_worker(model: CharRNN, plan: Plan, bits: bool) -> None:
    """Prepares this process to write blocks of a plan. SIGTERM stops the block; it ends with its pool or parent."""
    global _job
    _job = model, plan, bits
    signal.signal(signal.SIGTERM, _stop)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def end_with_parent() -> None:  # also when the parent was killed
            wait([parent.sentinel])
            os._exit(1)

        threading.Thread(target=end_with_parent, daemon=True).start()


def _stop(_signal: int, _frame: object) -> None:
    """Stops the block that is being written, but no message: a process that is killed while it sends one leaves the
    pool's reader waiting for the rest for ever.
    """
    global _stopped
    _stopped = True
    if _writing:
        raise _Stopped


def _write_block_of_plan(numbers: range) -> list[_Finished]:
    global _writing
    assert _job is not None
    model, plan, bits = _job
    try:
        _writing = True
        if _stopped:
            raise _Stopped
        return write_block(model, plan, numbers, bits)
    finally:
        _writing = False
