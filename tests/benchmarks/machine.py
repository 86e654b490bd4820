"""What a benchmark says of the machine that it ran on, and how it takes the time."""

import ctypes
import os
import platform
import re
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter

import numpy as np


def describe(packages: Sequence[str]) -> str:
    """One line: processor, cores, BLAS kernel, Python and the versions of those packages that are installed."""
    found = []
    for name in packages:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    cores = os.cpu_count()
    return f"{_processor()}, {cores} cores, {_blas()}, Python {platform.python_version()}, {', '.join(found)}"


def _processor() -> str:
    try:
        match = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        match = None
    return match[1].strip() if match else platform.processor() or platform.machine()


def _openblas() -> ctypes.CDLL | None:
    """The BLAS that numpy's wheels bring along."""
    for library in (Path(np.__file__).parents[1] / "numpy.libs").glob("*openblas*"):
        found = ctypes.CDLL(str(library))
        if hasattr(found, "scipy_openblas_get_corename64_"):
            return found
    return None


def use_one_thread() -> None:
    """For products from here on, where numpy's BLAS is its own."""
    library = _openblas()
    if library is not None:
        library.scipy_openblas_set_num_threads64_(1)


def _blas() -> str:
    """numpy's BLAS with the kernel it chose: the same processor can differ by two between kernels."""
    library = _openblas()
    if library is None:
        return "numpy with a BLAS of the system"
    kernel = library.scipy_openblas_get_corename64_
    kernel.restype = ctypes.c_char_p
    threads = library.scipy_openblas_get_num_threads64_()
    return f"OpenBLAS {kernel().decode()} kernels on {threads} thread{'' if threads == 1 else 's'}"


Rates = dict[str, list[float]]
"""Characters a second, in each round."""


def rates(runs: Mapping[str, tuple[Callable[[int], object], int]], rounds: int, seconds: float) -> Rates:
    """Characters a second of each, in so many `rounds`, one after the other in each round.

    `runs` gives for each name what generates so many characters, and the number that it is given a multiple of.
    """
    counts = {}
    for name, (run, fewest) in runs.items():
        run(fewest)  # warms up: compiles, allocates
        started = perf_counter()
        run(fewest)
        counts[name] = fewest * max(1, round(seconds / (perf_counter() - started)))
        print(f"  {name}", file=sys.stderr, flush=True)
    found: Rates = {name: [] for name in runs}
    for _ in range(rounds):
        for name, (run, _fewest) in runs.items():
            started = perf_counter()
            run(counts[name])
            found[name].append(counts[name] / (perf_counter() - started))
    return found


def times(one: Sequence[float], other: Sequence[float]) -> float:
    """How many times as fast one is as the other: the median over the rounds that they ran side by side, in which
    whatever else the machine did slowed both; of all rounds, where they ran apart.
    """
    if len(one) == len(other):
        return statistics.median(a / b for a, b in zip(one, other, strict=True))
    return statistics.median(one) / statistics.median(other)
