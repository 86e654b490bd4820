"""Which room may import which: no app in the engine, no TensorFlow on the play path, no circles."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import charrnn_engine
import charrnn_tui

ROOTS = [Path(package.__path__[0]) for package in (charrnn_engine, charrnn_tui)]
TRAINING = "charrnn_engine.training"
HEAVY = {"tensorflow", "keras", "tensorflow_datasets"}


@dataclass
class Imports:
    """What a module imports: while it is imported itself, and later, within functions."""

    at_once: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)


def modules() -> Iterator[tuple[str, Path]]:
    for root in ROOTS:
        for path in sorted(root.rglob("*.py")):
            parts = (root.name, *path.relative_to(root).with_suffix("").parts)
            yield ".".join(parts).removesuffix(".__init__"), path


NAMES = {name for name, _ in modules()}


def names_in(node: ast.AST, importer: str) -> set[str]:
    """The modules that an import statement names; `from package import module` names the module."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{importer} has a relative import"
        base = node.module or ""
        inner = {f"{base}.{alias.name}" for alias in node.names} & NAMES
        return inner | ({base} if len(inner) < len(node.names) else set())
    return set()


def is_for_types_alone(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports_of(name: str, path: Path) -> Imports:
    found = Imports()

    def visit(node: ast.AST, later: bool) -> None:
        if is_for_types_alone(node):
            return
        (found.later if later else found.at_once).update(names_in(node, name))
        inside = later or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            visit(child, inside)

    visit(ast.parse(path.read_text(encoding="utf-8")), False)
    return found


GRAPH = {name: imports_of(name, path) for name, path in modules()}


def in_training(name: str) -> bool:
    return name == TRAINING or name.startswith(f"{TRAINING}.")


def reached(name: str) -> set[str]:
    """All that is imported when `name` is imported, with what that imports in turn."""
    seen: set[str] = set()
    todo = [name]
    while todo:
        at = todo.pop()
        if at not in seen:
            seen.add(at)
            # Importing a.b.c imports a and a.b before it.
            todo += [".".join(at.split(".")[:n]) for n in range(1, at.count(".") + 1)]
            todo += GRAPH[at].at_once if at in GRAPH else ()
    return seen


def tops(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def test_the_engine_imports_nothing_of_the_app_nor_of_the_screen() -> None:
    for name, imports in GRAPH.items():
        if name.startswith("charrnn_engine"):
            assert not tops(imports.at_once | imports.later) & {"charrnn_tui", "textual", "click", "rich"}, name


def test_only_the_training_room_imports_tensorflow() -> None:
    for name, imports in GRAPH.items():
        # A corpus may name a data set of TensorFlow Datasets, which is imported only when that is read.
        if not in_training(name) and name != "charrnn_engine.corpus.data_sets":
            assert not tops(imports.at_once | imports.later) & HEAVY, name


def test_nothing_outside_the_training_room_brings_tensorflow_in_by_way_of_it() -> None:
    for name in GRAPH:
        if not in_training(name):
            assert not tops(reached(name)) & HEAVY, name


def test_the_play_path_of_the_engine_knows_no_training() -> None:
    assert not {name for name in reached("charrnn_engine") if in_training(name)}


ENGINE = {
    "errors": set(),
    "vocabulary": {"errors"},
    "network": {"errors", "vocabulary"},
    "sampling": {"errors", "vocabulary"},
    "checkpoints": {"errors", "network", "vocabulary"},
    "generation": {"errors", "network", "sampling", "vocabulary"},
    "corpus": {"errors", "vocabulary"},
    "evaluation": {"corpus", "errors", "network", "vocabulary"},
    "inside": {"errors", "generation", "network", "sampling", "vocabulary"},
    "runs": {"checkpoints", "corpus", "errors", "network", "vocabulary"},
    "training": {
        "checkpoints", "corpus", "errors", "evaluation", "generation", "network", "runs", "sampling", "vocabulary"
    },
}  # fmt: skip
"""The rooms of the engine, and the other rooms that each may import."""

FEATURES = {"play", "race", "inside", "models", "save", "learn", "train.setup", "train.run"}
APP = {
    "settings": {"known_names"},
    "known_names": {"text", "ui"},
    "text": set(),
    "ui": {"text"},
    **{feature: {"text", "ui"} for feature in FEATURES},
    "commands": {"app", "settings", "text", "ui", *FEATURES},
    "cli": {"commands", "text"},
    "app": {"settings", "text", "ui", *FEATURES},
}
"""The rooms of the app, and the other rooms that each may import. A feature may also enter another feature by its
front door, the module `screen`.
"""


def room_of(module: str) -> str:
    """The room that a module stands in: `charrnn_tui.train.run.screen` stands in `train.run`."""
    parts = module.split(".")[1:]
    return ".".join(parts[:2] if parts[:1] == ["train"] else parts[:1])


def imports_between_rooms(package: str) -> Iterator[tuple[str, str]]:
    """(importing module, imported module) for modules that stand in different rooms of one package."""
    for name, imports in GRAPH.items():
        for other in (imports.at_once | imports.later) & NAMES:
            same_package = name.startswith(f"{package}.") and other.startswith(f"{package}.")
            if same_package and room_of(name) != room_of(other) and other != f"{package}.{room_of(other)}":
                yield name, other


def test_a_room_of_the_engine_imports_only_the_rooms_before_it() -> None:
    wrong = [
        f"{name} imports {other}"
        for name, other in imports_between_rooms("charrnn_engine")
        if room_of(other) not in ENGINE[room_of(name)]
    ]
    assert not wrong, "\n".join(wrong)


def test_a_room_of_the_app_imports_only_shared_rooms_and_front_doors() -> None:
    def allowed(name: str, other: str) -> bool:
        by_front_door = other.endswith(".screen") and room_of(name) in FEATURES
        return by_front_door or room_of(other) in APP.get(room_of(name), set())

    wrong = [
        f"{name} imports {other}"
        for name, other in imports_between_rooms("charrnn_tui")
        if name != "charrnn_tui.__main__" and not allowed(name, other)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_module_imports_itself_by_way_of_others() -> None:
    # A package's __init__ hands out what its modules define; those modules must not import it.
    inside = {name: GRAPH[name].at_once & NAMES for name in GRAPH}
    done: set[str] = set()

    def walk(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, f"a circle of imports: {' → '.join((*way[way.index(name) :], name))}"
        if name not in done:
            for other in sorted(inside[name]):
                walk(other, (*way, name))
            done.add(name)

    for name in GRAPH:
        walk(name, ())


PLAY = """
import asyncio, json, sys
from charrnn_engine import Controls, load, stream

async def play():
    model = load(sys.argv[1])
    tokens = stream(model, "Today ", Controls(0.8), seed=1, max_tokens=50, endless=True)
    return "".join([token.text async for token in tokens])

text = asyncio.run(play())
print(json.dumps({"text": text, "modules": sorted(sys.modules)}))
"""


def test_opening_a_model_and_streaming_loads_neither_tensorflow_nor_keras_nor_a_screen(model_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PLAY, str(model_folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(root.parent) for root in ROOTS)},
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    result = json.loads(done.stdout)
    assert result["text"]
    loaded = tops(set(result["modules"]))
    assert {"charrnn_engine", "numpy"} <= loaded
    assert not loaded & {*HEAVY, "h5py", "textual", "rich", "click", "charrnn_tui"}
    assert not any(in_training(name) for name in result["modules"])
