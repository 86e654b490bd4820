"""The models that a lane can have instead of its own, opened one at a time and only when they are wanted."""

from collections.abc import Iterator, Sequence

from charrnn_engine.errors import CheckpointError
from charrnn_engine.network.model import CharRNN
from charrnn_tui.race.prompts import problem_with


def other_models(first: CharRNN, after: CharRNN, prompt: str, opened: Sequence[CharRNN] = ()) -> Iterator[CharRNN]:
    """Opens the models other than `after` one by one, beginning with the one that follows it.

    The order is `first`, then all that can be found by name, and round again. Models that can't be opened or don't
    know the prompt are left out. One of `opened` isn't opened again. Reads files: iterate in a thread.
    """
    # Imported late: reading checkpoints takes a while to import, and the app's first paint needn't wait for it.
    from charrnn_engine.checkpoints.store import find_checkpoints, load

    # `load` names a model after its folder, even if it was found by a link.
    folders = {folder.resolve().name: folder for folder in find_checkpoints().values()}
    names = list(dict.fromkeys([first.name, *folders]))
    known = {model.name: model for model in (first, *opened)}
    at = names.index(after.name) if after.name in names else len(names) - 1
    for name in [*names[at + 1 :], *names[: at + 1]]:
        if name == after.name:
            continue
        try:
            other = known.get(name) or load(folders[name])
        except CheckpointError:
            continue
        if problem_with(other, prompt) is None:
            yield other
