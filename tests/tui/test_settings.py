"""What was set last is remembered, and nothing in the file is fatal."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charrnn_engine import Controls
from charrnn_engine.checkpoints.locations import settings_file
from charrnn_tui import known_names
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
    introduced=st.booleans(),
    colouring=st.none() | st.sampled_from(["surprise", "none"]),
    theme=st.none() | st.sampled_from(["charrnn", "nord"]),
    model=st.none() | names,
    folder=st.none() | names,
    keys=st.fixed_dictionaries(
        {}, optional={"play.greedy": st.just("ctrl+g"), "app.help": st.sampled_from(["f3,f4", "escape"])}
    ),
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
    assert SavedSettings().controls == Controls(temperature=0.6)
    assert not settings_file().exists()


@unhurried
@given(saved)
def test_what_is_saved_comes_back(remembered: SavedSettings) -> None:
    assert save_settings(remembered) is None
    assert load_settings() == (remembered, None)
    assert [entry.name for entry in settings_file().parent.iterdir()] == ["settings.json"]


@unhurried
@given(st.dictionaries(st.sampled_from([*SavedSettings.__dataclass_fields__, "new", ""]), json_values))
def test_settings_can_be_used_and_saved_whatever_the_values(content: dict[str, Any]) -> None:
    write(content)
    remembered, problem = load_settings()
    assert remembered.controls.temperature > 0
    assert remembered.speed is None or remembered.speed > 0
    assert problem is None or "\n" not in problem
    assert save_settings(remembered) is None
    again = load_settings()[0]
    assert again == remembered or "nan" in repr(remembered).lower()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"temperature": 1',
        b"\xff\xfe",
        "[" * 100_000,
        " " * 1_000_001,
        '{"x": ' + "[" * 900 + "]" * 900 + "}",
        '{"keys": ' * 990 + "1" + "}" * 990,
    ],
)
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


def test_invalid_values_are_named_and_the_rest_is_kept() -> None:
    write({"temperature": 0, "top_p": 2, "speed": -3, "theme": 5, "greedy": True, "model": "small"})
    remembered, problem = load_settings()
    assert remembered == SavedSettings(greedy=True, model="small")
    assert problem == f"Ignored invalid values: temperature, top_p, speed and 1 more ({settings_file()})"


@pytest.mark.parametrize("name", ["speed", "top_k", "temperature", "top_p"])
def test_a_number_of_400_digits_is_an_invalid_value(name: str) -> None:
    write(f'{{"{name}": 1{"0" * 400}}}')
    assert load_settings() == (SavedSettings(), f"Ignored invalid values: {name} ({settings_file()})")


def test_a_theme_or_colouring_that_does_not_exist_is_an_invalid_value() -> None:
    write({"theme": "nosuch", "colouring": "mood"})
    assert load_settings() == (SavedSettings(), f"Ignored invalid values: theme, colouring ({settings_file()})")


def test_unusable_keys_and_unknown_bindings_are_named_and_stay_in_the_file() -> None:
    keys = {
        "play.greedy": "ctrl+g",
        "play.pause": 3,
        "play.prompt": "two words",
        "play.save": "\ud800",
        "play.nothing": "x",
        "\udc00": "x",
    }
    write({"keys": keys})
    remembered, problem = load_settings()
    assert remembered.keys == {"play.greedy": "ctrl+g"}
    assert "Ignored invalid values: keys.play.pause, keys.play.prompt, keys.play.save. Unknown" in (problem or "")
    assert "Unknown names: keys.play.nothing, 'keys.\\udc00'" in (problem or "")
    assert save_settings(remembered) is None
    assert json.loads(settings_file().read_text())["keys"] == keys
    assert load_settings() == (remembered, problem)


def test_keys_are_named_as_textual_names_them() -> None:
    write({"keys": {"play.greedy": "f5, G", "app.help": "?"}})
    assert load_settings()[0].keys == {"play.greedy": "f5,G", "app.help": "question_mark"}


@pytest.mark.parametrize(
    ("keys", "refused"),
    [
        ({"app.help": "q"}, "keys.app.help"),
        ({"app.quit": "f9", "play.greedy": "f9"}, "keys.play.greedy"),
        ({"app.quit": "g"}, "keys.app.quit"),
        ({"race.pause": "q,escape"}, "keys.race.pause"),
        ({"models.up": "escape"}, "keys.models.up"),
    ],
)
def test_keys_that_would_leave_no_way_out_are_refused_by_name(keys: dict[str, str], refused: str) -> None:
    write({"keys": keys})
    remembered, problem = load_settings()
    assert refused.removeprefix("keys.") not in remembered.keys
    assert f"Ignored {refused}: no key to quit or to close a screen would be left (" in (problem or "")


def test_with_every_action_on_one_key_that_key_still_quits() -> None:
    write({"keys": dict.fromkeys(known_names.bindings(), "q")})
    keys = load_settings()[0].keys
    assert keys["app.quit"] == "q"
    assert not any(name.startswith("play.") for name in keys)


def test_another_key_to_quit_frees_the_first_one() -> None:
    keys = {"app.quit": "f10", "app.help": "q"}
    write({"keys": keys})
    assert load_settings() == (SavedSettings(keys=keys), None)


def test_unknown_settings_are_named_and_kept() -> None:
    write({"temperature": 0.5, "window": {"width": 3}})
    remembered, problem = load_settings()
    assert problem == f"Unknown names: window ({settings_file()})"
    save_settings(remembered)
    assert json.loads(settings_file().read_text())["window"] == {"width": 3}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs")
def test_a_fifo_in_place_of_the_file_is_not_waited_for() -> None:
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(settings_file())
    remembered, problem = load_settings()
    assert remembered == SavedSettings()
    assert "not a regular file" in (problem or "")


@pytest.mark.skipif(os.name != "posix", reason="files as folders fail otherwise there")
def test_a_folder_that_cannot_be_read_or_written_is_reported(home: Path) -> None:
    (home / "config").write_text("a file where the folder should be")
    remembered, problem = load_settings()
    assert remembered == SavedSettings()
    assert "are damaged (Not a directory); using the defaults" in (problem or "")
    problem = save_settings(SavedSettings(temperature=0.3))
    assert "were not saved" in (problem or "")
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
