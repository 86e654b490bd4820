"""side_by_side gives what map gives, on several threads, and holds few items at a time."""

import threading

import pytest

from charrnn_engine.evaluation.threads import side_by_side, threads_at_most


def test_results_come_in_the_order_of_the_items():
    second_is_done = threading.Event()

    def square(number: int) -> int:
        if number == 0:
            assert second_is_done.wait(60)
        if number == 1:
            second_is_done.set()
        return number * number

    assert list(side_by_side(square, range(50), 3)) == [number * number for number in range(50)]


def test_items_are_taken_as_they_are_needed():
    taken = []

    def items():
        for number in range(100):
            taken.append(number)
            yield number

    results = side_by_side(str, items(), 2)
    assert next(results) == "0"
    assert len(taken) <= 4
    results.close()
    assert len(taken) <= 4


@pytest.mark.parametrize("threads", [1, 2])
def test_what_the_function_raises_is_raised(threads: int):
    results = side_by_side(lambda number: 1 // number, [2, 1, 0, 1], threads)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_there_is_a_thread_at_least():
    assert threads_at_most() >= 1
