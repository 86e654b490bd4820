"""What is installed: both packages and the models that ship, found from a checkout, an editable install and a wheel.

Nothing is downloaded: the build backend and the dependencies are those of the environment that runs the tests.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = sorted(path.parent.name for path in (ROOT / "checkpoints").glob("*/model.keras"))

pytestmark = pytest.mark.skipif(
    not (ROOT / "pyproject.toml").is_file(), reason="the tests don't stand in a checkout of the project"
)

LOOK = """
import json
import charrnn_engine, charrnn_tui
from charrnn_engine import list_checkpoints, load
from charrnn_engine.checkpoints.locations import shipped_checkpoints

infos = list_checkpoints()
print(json.dumps({
    "engine": charrnn_engine.__file__,
    "app": charrnn_tui.__file__,
    "shipped": str(shipped_checkpoints()),
    "found": {info.name: [str(info.folder), info.problem] for info in infos},
    "sizes": [len(load(info.name).vocabulary) for info in infos],
}))
"""


def run(command: Sequence[str | Path], **variables: str) -> str:
    """The standard output of a command in an empty place, with no PYTHONPATH but the one given."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "CHARRNN_CHECKPOINTS")}
    env |= {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_CACHE_DIR": "1"}
    done = subprocess.run(
        [str(part) for part in command], env={**env, **variables}, cwd=env["HOME"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def look(python: str | Path, **variables: str) -> dict[str, Any]:
    """What an interpreter finds: the packages, and the models with nothing but those that ship."""
    found: dict[str, Any] = json.loads(run([python, "-c", LOOK], **variables))
    return found


@pytest.fixture(scope="module")
def pip() -> list[str]:
    for needed in ("pip", "hatchling"):
        if find_spec(needed) is None:
            pytest.skip(f"{needed} isn't installed beside the tests, and nothing is downloaded here")
    return [sys.executable, "-m", "pip"]


@pytest.fixture(scope="module")
def wheel(pip: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(
        [*pip, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT], HOME=str(folder)
    )
    [file] = folder.glob("*.whl")
    return file


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """The interpreter of a bare environment that sees this one's dependencies, but not what it has of us."""
    venv.create(tmp_path / "env", with_pip=False, symlinks=os.name != "nt")
    python = next(path for path in (tmp_path / "env").glob("*/python*") if path.stem == "python")
    own = Path(run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip())
    others = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    # A path in a .pth file comes after the folder it stands in; .pth files at that path are not read.
    (own / "zz-dependencies.pth").write_text("\n".join(sorted(others)) + "\n")
    return python


def assert_shipped_models_open(found: dict[str, Any], folder: Path) -> None:
    assert SHIPPED, "no model ships"
    assert Path(found["shipped"]).resolve() == folder.resolve()
    assert found["found"] == {name: [str(Path(found["shipped"]) / name), None] for name in SHIPPED}
    assert all(found["sizes"])


def test_a_checkout_finds_the_models_that_ship() -> None:
    paths = os.pathsep.join(str(ROOT / part) for part in ("engine", "tui"))
    found = look(sys.executable, PYTHONPATH=paths)
    assert Path(found["engine"]).is_relative_to(ROOT / "engine")
    assert_shipped_models_open(found, ROOT / "checkpoints")


def test_an_editable_install_finds_the_models_that_ship(pip: list[str], environment: Path) -> None:
    run([*pip, "--python", environment, "install", "--quiet", "--no-deps", "--no-build-isolation", "-e", ROOT])
    found = look(environment)
    assert Path(found["engine"]).is_relative_to(ROOT / "engine")
    assert Path(found["app"]).is_relative_to(ROOT / "tui")
    assert_shipped_models_open(found, ROOT / "checkpoints")


def test_a_wheel_carries_the_models_that_ship(pip: list[str], wheel: Path, environment: Path) -> None:
    # Where the wheel is installed beside the tests, too, pip sees it there and would have nothing to do.
    run([*pip, "--python", environment, "install", "--quiet", "--no-deps", "--ignore-installed", wheel])
    found = look(environment)
    installed = Path(found["engine"]).parent
    assert not installed.is_relative_to(ROOT)
    assert Path(found["app"]).parent.parent == installed.parent
    assert_shipped_models_open(found, installed / "shipped")
    command = environment.with_name("charrnn-tui")
    assert SHIPPED[0] in run([command, "models"])


def test_the_wheel_holds_all_of_both_packages_and_nothing_else(wheel: Path) -> None:
    tracked = {
        path.relative_to(root).as_posix()
        for root in (ROOT / "engine", ROOT / "tui")
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    models = {
        f"charrnn_engine/shipped/{path.relative_to(ROOT / 'checkpoints').as_posix()}"
        for path in (ROOT / "checkpoints").rglob("*")
        if path.is_file()
    }
    with zipfile.ZipFile(wheel) as file:
        names = [name for name in file.namelist() if ".dist-info/" not in name]
    assert len(names) == len(set(names))
    assert set(names) == tracked | models


def test_playing_needs_no_tensorflow(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        [metadata] = [name for name in file.namelist() if name.endswith(".dist-info/METADATA")]
        text = file.read(metadata).decode("utf-8")
    required = [line for line in text.splitlines() if line.startswith("Requires-Dist:") and "extra ==" not in line]
    names = {re.split("[<>=]", line.split()[1])[0] for line in required}
    assert names == {"numpy", "safetensors", "textual", "click", "platformdirs", "textual-plot"}


def test_the_oldest_dependencies_that_are_tested_are_the_oldest_allowed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    allowed = dict(re.match(r"([\w-]+)>=([\d.]+)", line).groups() for line in project["dependencies"])
    lines = (ROOT / "tests" / "oldest.txt").read_text(encoding="utf-8").splitlines()
    tested = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert tested.keys() == allowed.keys()
    for name, version in tested.items():
        assert version.split(".")[: allowed[name].count(".") + 1] == allowed[name].split("."), name
    # Its private names are mended in place: a later version is tested first.
    assert "textual>=8.2.8,<9" in project["dependencies"]
