"""One process holds the lock of a folder; looking at it disturbs nobody."""

import threading

import pytest

from charrnn_engine.runs.lock import hold, holder

pytest.importorskip("fcntl")


def test_looking_at_a_lock_keeps_nobody_from_taking_it(tmp_path):
    folder = tmp_path / "run"
    with hold(folder, "run"):
        pass
    over = threading.Event()

    def look():
        while not over.is_set():
            holder(folder)

    lookers = [threading.Thread(target=look) for _ in range(4)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(200):
            with hold(folder, "run"):
                pass
    finally:
        over.set()
        for looker in lookers:
            looker.join()


def test_a_lock_file_that_is_deleted_while_it_is_held_keeps_nobody_out(tmp_path):
    with hold(tmp_path / "run", "run"):
        (tmp_path / "run" / "lock").unlink()
        with hold(tmp_path / "run", "run"):
            pass


def test_an_error_while_the_lock_is_held_is_raised_and_releases_it(tmp_path):
    with pytest.raises(FileNotFoundError), hold(tmp_path / "run", "run"):
        raise FileNotFoundError
    assert holder(tmp_path / "run") is None
