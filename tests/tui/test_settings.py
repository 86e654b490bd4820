"""What was set last is remembered, and nothing that stands in the file is fatal."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charrnn_engine import Controls
from charrnn_engine.checkpoints.locations import settings_file
from charrnn_tui.settings import SavedSettings, load_settings, save_settings

names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)
optional_fraction = st.none() | st.floats(0.01, 1)
saved = st.builds(
    SavedSettings,
    temperature=st.floats(0.05, 5),
    greedy=st.booleans(),
    top_k=st.none() | st.integers(1, 500),
    top_p=optional_fraction,
    min_p=optional_fraction,
    speed=st.none() | st.floats(1, 1e5),
    endless=st.booleans(),
    colouring=st.none() | names,
    theme=st.none() | names,
    model=st.none() | names,
    folder=st.none() | names,
    keys=st.dictionaries(names, st.sampled_from(["g", "ctrl+g", "up,k", "left_square_bracket", "?", "f5, G"])),
    other=st.dictionaries(names.map(lambda name: f"x{name}"), st.integers() | names | st.none()),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
unhurried = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(content: str | bytes | dict[str, Any]) -> Path:
    path = settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, dict):
        content = json.dumps(content)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_first_start_has_defaults_and_nothing_to_say() -> None:
    assert load_settings() == (SavedSettings(), None)
    assert SavedSettings().controls == Controls()
    assert not settings_file().exists()


@unhurried
@given(saved)
def test_what_is_saved_comes_back(remembered: SavedSettings) -> None:
    assert save_settings(remembered) is None
    assert load_settings() == (remembered, None)
    assert [entry.name for entry in settings_file().parent.iterdir()] == ["settings.json"]


@unhurried
@given(st.dictionaries(st.sampled_from([*SavedSettings.__dataclass_fields__, "new", ""]), json_values))
def test_whatever_the_values_what_comes_back_can_be_used(content: dict[str, Any]) -> None:
    write(content)
    remembered, problem = load_settings()
    assert remembered.controls.temperature > 0
    assert remembered.speed is None or remembered.speed > 0
    assert all(isinstance(key, str) for key in remembered.keys.values())
    assert problem is None or "\n" not in problem
    assert save_settings(remembered) is None
    assert load_settings() == (remembered, None) or remembered != remembered


@pytest.mark.parametrize("content", ["", "{", "[]", '{"temperature": 1', b"\xff\xfe", "[" * 100_000, " " * 1_000_001])
def test_a_damaged_file_is_said_and_set_aside(content: str | bytes) -> None:
    path = write(content)
    remembered, problem = load_settings()
    assert remembered == SavedSettings()
    assert problem is not None
    assert "are damaged" in problem
    assert "set aside as settings-damaged.json" in problem
    assert "\n" not in problem
    assert not path.exists()
    aside = path.with_name("settings-damaged.json").read_bytes()
    assert aside == (content.encode() if isinstance(content, str) else content)
    assert load_settings() == (SavedSettings(), None)


def test_the_line_of_a_slip_is_named() -> None:
    write('{\n "temperature": 0.8,\n "greedy": yes\n}')
    assert "line 3" in (load_settings()[1] or "")


def test_values_out_of_range_are_left_out_with_a_word_and_the_rest_is_kept() -> None:
    write({"temperature": 0, "top_p": 2, "speed": -3, "theme": 5, "greedy": True, "model": "small"})
    remembered, problem = load_settings()
    assert remembered == SavedSettings(greedy=True, model="small")
    assert problem is not None
    assert "out of range: temperature, top_p, speed and 1 more" in problem


def test_keys_that_are_none_are_left_out_with_a_word() -> None:
    write({"keys": {"play.greedy": "ctrl+g", "play.pause": 3, "play.again": "", "play.prompt": "two words"}})
    remembered, problem = load_settings()
    assert remembered.keys == {"play.greedy": "ctrl+g"}
    assert problem is not None
    assert "keys.play.pause, keys.play.again, keys.play.prompt" in problem


def test_what_is_not_known_is_kept_for_whoever_knows_it() -> None:
    write({"temperature": 0.5, "window": {"width": 3}})
    remembered, problem = load_settings()
    assert problem is None
    save_settings(remembered)
    assert json.loads(settings_file().read_text())["window"] == {"width": 3}


@pytest.mark.skipif(os.name != "posix", reason="files as folders fail otherwise there")
def test_a_place_that_can_not_be_written_or_read_is_said_and_harmless(home: Path) -> None:
    (home / "config").write_text("a file where the folder should be")
    remembered, problem = load_settings()
    assert remembered == SavedSettings()
    assert "can't be read" in (problem or "")
    problem = save_settings(SavedSettings(temperature=0.3))
    assert "were not remembered" in (problem or "")
    assert "\n" not in (problem or "")


def test_a_full_disk_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert save_settings(SavedSettings(temperature=0.3)) is None

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "No space left on device" in (save_settings(SavedSettings(temperature=2.0)) or "")
    assert load_settings()[0].temperature == 0.3
    assert [entry.name for entry in settings_file().parent.iterdir()] == ["settings.json"]


def test_without_a_home_nothing_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("charrnn_tui.settings.settings_file", lambda: Path("~/.config/settings.json"))
    assert load_settings() == (SavedSettings(), None)
    assert "no home folder" in (save_settings(SavedSettings()) or "")
    assert list(tmp_path.iterdir()) == []
