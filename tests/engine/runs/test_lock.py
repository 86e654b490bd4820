"""One process holds the lock of a folder; checking it keeps no process from taking it."""

import threading

import pytest

from charrnn_engine.runs.lock import hold, holder

pytest.importorskip("fcntl")


def test_checking_a_lock_keeps_no_process_from_taking_it(tmp_path):
    folder = tmp_path / "run"
    with hold(folder, "run"):
        pass
    over = threading.Event()

    def check():
        while not over.is_set():
            holder(folder)

    checkers = [threading.Thread(target=check) for _ in range(4)]
    for checker in checkers:
        checker.start()
    try:
        for _ in range(200):
            with hold(folder, "run"):
                pass
    finally:
        over.set()
        for checker in checkers:
            checker.join()


def test_a_lock_file_that_is_deleted_while_it_is_held_keeps_no_process_out(tmp_path):
    with hold(tmp_path / "run", "run"):
        (tmp_path / "run" / "lock").unlink()
        with hold(tmp_path / "run", "run"):
            pass


def test_an_error_while_the_lock_is_held_is_raised_and_releases_it(tmp_path):
    with pytest.raises(FileNotFoundError), hold(tmp_path / "run", "run"):
        raise FileNotFoundError
    assert holder(tmp_path / "run") is None
