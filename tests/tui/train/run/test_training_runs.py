"""The runs that the app follows, without a screen: started, read, deleted, and finished before the app quits."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from charrnn_engine.checkpoints.locations import user_checkpoints
from charrnn_engine.runs import folder, launch
from charrnn_tui.train.run.history import RunState
from charrnn_tui.train.run.own_run import OwnRun
from charrnn_tui.train.run.training_runs import TrainingRuns, Update
from tests.tui.train.conftest import Script, settings


async def update_until(runs: TrainingRuns, condition: Callable[[], object]) -> list[Update]:
    updates = []
    async with asyncio.timeout(30):
        while not condition():
            updates.append(await runs.update())
            await asyncio.sleep(0)
    return updates


def trained(corpus: Path, name: str) -> None:
    """A run from beginning to end, of another process."""
    own = OwnRun(settings(corpus, name))
    assert own.wait(30)


async def test_a_run_is_read_while_it_goes_on_and_reported_when_it_ends(script: Script, corpus: Path) -> None:
    runs = TrainingRuns()
    runs.start(settings(corpus))
    own = runs.own
    assert own is not None
    assert runs.shown is own
    updates = await update_until(runs, lambda: not own.live)
    assert own.history.state is RunState.DONE
    assert [update.ended for update in updates if update.ended] == [own]
    assert [epoch.number for epoch in own.saved.epochs] == [0, 1, 2]
    assert own.playable == str(own.out)
    assert not await runs.update()


async def test_one_model_is_trained_at_a_time(script: Script, corpus: Path) -> None:
    script("wait")
    runs = TrainingRuns()
    runs.start(settings(corpus))
    with pytest.raises(OSError, match="notes is being trained"):
        runs.start(settings(corpus, "other"))
    assert runs.own is not None
    runs.own.kill()
    assert runs.own.wait(30)


async def test_a_run_that_goes_on_is_stopped_and_then_deleted_by_updates_alone(script: Script, corpus: Path) -> None:
    script("wait")
    runs = TrainingRuns()
    runs.start(settings(corpus))
    own = runs.own
    assert own is not None
    await update_until(runs, lambda: len(own.history.epochs) == 3)
    runs.delete(own)
    assert runs.deleting == {own.out}
    with pytest.raises(OSError, match="trained"):
        runs.start(settings(corpus))
    updates = await update_until(runs, lambda: not runs.deleting)
    assert updates[-1].deleted == ("notes",)
    assert (runs.own, runs.shown) == (None, None)
    assert not any(path.name.lstrip(".").startswith("notes") for path in user_checkpoints().iterdir())


async def test_a_deletion_is_finished_before_the_app_quits(script: Script, corpus: Path) -> None:
    script("wait")
    runs = TrainingRuns()
    runs.start(settings(corpus))
    own = runs.own
    assert own is not None
    await update_until(runs, lambda: len(own.history.epochs) == 3)
    runs.delete(own)
    await asyncio.to_thread(runs.finish, 30)
    assert not folder.list_runs(user_checkpoints())
    assert not own.out.exists()


async def test_a_run_that_cannot_be_deleted_is_reported(
    script: Script, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(corpus, "notes")
    runs = TrainingRuns()
    (run,) = runs.known()

    def refuse(run: folder.Run) -> None:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(folder, "discard_run", refuse)
    runs.delete(run)
    (update,) = await update_until(runs, lambda: not runs.deleting)
    assert "notes can't be deleted" in update.problems[0]
    assert run.out.exists()


async def test_a_journal_is_followed_to_its_end(script: Script, corpus: Path) -> None:
    script("wait")
    process = OwnRun(settings(corpus))
    runs = TrainingRuns()
    await update_until(runs, lambda: any(len(run.history.epochs) == 3 for run in runs.known()))
    newest = runs.newest()
    assert newest is not None
    runs.show(newest)
    process.kill()
    assert process.wait(30)
    await update_until(runs, lambda: not newest.live)
    assert newest.history.epochs[-1].number == 2
    assert newest.saved.epochs


async def test_a_line_of_a_journal_that_names_a_method_changes_nothing(script: Script, corpus: Path) -> None:
    trained(corpus, "notes")
    (found,) = folder.list_runs(user_checkpoints())
    lines = ["go_back_to", "add", "number", "_epoch", "finished\u0000"]
    with found.events.open("a") as journal:
        journal.writelines(json.dumps({"event": name, "done": 0}) + "\n" for name in lines)
    (run,) = TrainingRuns().known()
    assert [epoch.number for epoch in run.history.epochs] == [0, 1, 2]
    assert run.history.state is RunState.DONE


async def test_a_run_ends_with_the_app_unless_it_is_detached(script: Script, corpus: Path) -> None:
    script("wait")
    attached, detached = OwnRun(settings(corpus)), OwnRun(settings(corpus, "other"))
    detached.detach()
    for run in (attached, detached):
        run.close()  # what the end of the app does to the pipe
    assert attached.wait(30)
    assert (attached.out / "model.keras").exists()
    assert not detached.wait(0)
    detached.kill()
    assert detached.wait(30)


def test_a_process_that_cannot_be_started_is_an_oserror(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "command_line", lambda *_: ["/no/such/program"])
    with pytest.raises(OSError, match="no/such/program"):
        TrainingRuns().start(settings(corpus))
