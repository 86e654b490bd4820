"""The picker shows every model, what is known of it and how it writes, and opens none that is broken."""

from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from charrnn_engine import CharRNN, Controls, generate, load
from charrnn_tui.app import PlaygroundApp
from charrnn_tui.models.listing import ModelEntry, facts, find_models
from charrnn_tui.models.model_sample import ModelSample
from charrnn_tui.models.screen import ModelsScreen
from tests.archives import characters, write_model, write_speller
from tests.tui.pilot import until

CARD: dict[str, Any] = {
    "corpus": {"name": "train.csv", "licence": "for research", "level": "char", "training_tokens": 517456},
    "network": {"cell": "gru", "layers": 2, "units": 16, "parameters": 4321},
    "training": {"epochs": 31, "seconds": 156},
    "held_out": [
        {"corpus": "validation", "bits_per_character": 2.1},
        {"corpus": "test.csv", "bits_per_character": 2.3456, "characters": 159708},
    ],
    "date": "2026-11-23",
}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing shipped, and nothing waited for."""
    monkeypatch.setattr("charrnn_engine.checkpoints.locations.shipped_checkpoints", lambda: tmp_path / "none")
    monkeypatch.setattr("charrnn_tui.models.screen.SETTLE_SECONDS", 0)
    monkeypatch.setattr("charrnn_tui.models.model_sample.TOKEN_SECONDS", 0)


@pytest.fixture
def checkpoints(home: Path) -> Path:
    """In this order: bare, damaged, headlines, lost, speller."""
    folder = home / "checkpoints"
    write_model(folder / "headlines", "GRU", layers=2, card=CARD)
    write_model(folder / "bare")
    write_speller(folder / "speller")
    (write_model(folder / "damaged") / "model.keras").write_bytes(b"PK\x03\x04 and then nothing")
    (write_model(folder / "lost") / "vocabulary.json").unlink()
    return folder


class Picking(App[None]):
    """Opens the picker once."""

    def __init__(self, current: str | None = "headlines", prompt: str = "the ", **options: Any) -> None:
        super().__init__()
        self.picker = ModelsScreen(current, prompt, seed=3, **options)
        self.answer: str | None = "none yet"

    def on_mount(self) -> None:
        def take(answer: str | None) -> None:
            self.answer = answer

        self.push_screen(self.picker, take)

    def said(self, what: str) -> str:
        return str(self.picker.query_one(f"#models-{what}", Static).render())

    @property
    def sample(self) -> str:
        return self.picker.query_one(ModelSample).text


async def listed(pilot: Pilot[None], app: Picking) -> OptionList:
    options = app.picker.query_one(OptionList)
    # The card follows the cursor by a message of its own.
    await until(pilot, lambda: app.picker.highlighted is not None and bool(app.said("name")))
    return options


async def on(pilot: Pilot[None], app: Picking, name: str) -> None:
    """Moves the cursor down to a model."""
    await listed(pilot, app)
    for _ in range(10):
        entry = app.picker.highlighted
        if entry is not None and entry.name == name:
            return
        await pilot.press("down")
    raise AssertionError(f"{name} is not in the list")


# -- what there is ---------------------------------------------------------------------------------------------------


def test_all_models_are_found_with_the_default_and_the_current_marked(checkpoints: Path) -> None:
    entries = {entry.key: entry for entry in find_models("bare")}
    assert list(entries) == ["bare", "damaged", "headlines", "lost", "speller"]
    assert [key for key, entry in entries.items() if entry.is_default] == ["headlines"]
    assert [key for key, entry in entries.items() if entry.is_current] == ["bare"]
    assert not any(entry.is_read for entry in entries.values())
    entries["lost"].read()
    assert "vocabulary.json" in (entries["lost"].problem or "")


def test_a_current_model_given_by_path_is_found_again_or_put_first(checkpoints: Path, tmp_path: Path) -> None:
    same = [entry.key for entry in find_models(str(checkpoints / "bare")) if entry.is_current]
    assert same == ["bare"]
    path = str(write_model(tmp_path / "elsewhere"))
    first = find_models(path)[0]
    assert (first.key, first.name, first.is_current) == (path, "elsewhere", True)
    assert not any(entry.is_current for entry in find_models("nowhere"))


def test_the_facts_are_those_of_the_card_and_of_the_model_once_open(checkpoints: Path) -> None:
    entry = next(entry for entry in find_models(None) if entry.name == "headlines")
    entry.read()
    said = dict(facts(entry))
    assert said["corpus"] == "train.csv · 517,456 characters"
    assert said["licence"] == "for research"
    assert said["network"].startswith("2 × GRU 16 · 4,321 parameters · ")
    assert said["held out"] == "2.346 bits/char on test.csv (159,708 characters)"
    assert said["trained"] == "2026-11-23 · 31 epochs · 2 min 40 s"
    opened = load("headlines")
    assert (
        f"{opened.parameters:,} parameters · {len(opened.vocabulary)} characters"
        in dict(facts(entry, opened))["network"]
    )


@pytest.mark.parametrize(
    "card",
    [
        {},
        {"corpus": 3, "network": [], "training": "x", "held_out": "y", "date": 5},
        {"corpus": {"name": {}, "licence": [], "training_tokens": "many"}, "network": {"cell": 3, "units": "wide"}},
        {"held_out": [{"bits_per_character": float("nan")}], "training": {"seconds": float("inf"), "epochs": None}},
        {"network": {"cell": "lstm", "units": 10**40, "layers": True}, "training": {"seconds": -1}},
        {"corpus": {"name": "x\x1b[31m\n" * 500}, "date": "\x00\u202e"},
    ],
)
def test_a_card_of_another_form_says_less_and_harms_nothing(card: dict[str, Any]) -> None:
    said = facts(ModelEntry("a", "a", Path("/a"), Path("/a/model.keras"), card=card))
    assert all(value and value.isprintable() and len(value) < 400 for _, value in said)


# -- the screen ------------------------------------------------------------------------------------------------------


async def test_it_opens_on_the_current_model_the_list_goes_round_and_enter_chooses(checkpoints: Path) -> None:
    app = Picking("headlines")
    async with app.run_test() as pilot:
        options = await listed(pilot, app)
        assert options.option_count == 5
        assert app.said("name").startswith("headlines")
        assert "open now" in app.said("name")
        await pilot.press("pageup")
        for key, at in (("up", 4), ("down", 0), ("pageup", 0), ("pagedown", 4), ("pagedown", 4)):
            await pilot.press(key)
            assert options.highlighted == at
        await on(pilot, app, "speller")
        await pilot.press("enter")
        assert app.answer == "speller"


async def test_the_sample_is_the_text_of_the_model_under_the_cursor_and_only_that_is_opened(
    checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def recorded(name: str | Path) -> CharRNN:
        opened.append(Path(name).name)
        return load(name)

    monkeypatch.setattr("charrnn_engine.checkpoints.store.load", recorded)
    app = Picking("headlines", controls=Controls(0.7))
    async with app.run_test() as pilot:
        # How many there are depends on the room; the last one is cut short or ends.
        await until(pilot, lambda: "\n\n" in app.sample and not any(w.is_running for w in app.picker.workers))
        samples = app.sample.split("\n\n")  # each with a seed of its own
        for seed, sample in enumerate(samples, 3):
            tokens = generate(load("headlines"), "the ", Controls(0.7), seed=seed, max_tokens=2000)
            assert ("the " + "".join(token.text or "∎" for token in tokens)).startswith(sample.rstrip("…"))
        assert "temperature 0.7" in app.said("how")
        assert opened == ["headlines"]


async def test_moving_on_shows_the_next_models_text(checkpoints: Path) -> None:
    app = Picking("headlines", controls=Controls(greedy=True))
    async with app.run_test() as pilot:
        await on(pilot, app, "speller")
        await until(pilot, lambda: app.sample.startswith("the quick∎\n\nthe quick∎"))
        await pilot.press("down", "down")
        await until(pilot, lambda: app.picker.highlighted is not None and app.picker.highlighted.name == "damaged")
        await until(pilot, lambda: "not a readable .keras archive" in app.said("problem"))
        assert app.sample == ""
        assert [worker.group for worker in app.picker.workers if worker.is_running] in ([], ["look"])


async def test_a_prompt_that_the_model_does_not_know_is_reported(checkpoints: Path) -> None:
    app = Picking("headlines", "The É\nx")
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(app.sample) > 30)
        assert "without your prompt “The É⏎x”" in app.said("note")
        assert "'É' (at 4)" in app.said("note")
        assert not app.sample.startswith("The")


async def test_an_empty_prompt_is_not_reported(home: Path) -> None:
    write_model(home / "checkpoints" / "windowed", vocabulary=characters(eos=False))
    app = Picking("windowed", "")
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(app.sample) > 30)
        assert app.said("note") == ""


async def test_a_broken_one_says_why_and_can_not_be_chosen(checkpoints: Path) -> None:
    app = Picking("headlines")
    async with app.run_test(size=(120, 30)) as pilot:
        for name, reason in (("lost", "the file is missing"), ("damaged", "not a readable .keras")):
            await on(pilot, app, name)
            await until(pilot, lambda reason=reason: reason in app.said("problem"))  # type: ignore[misc]
            await pilot.press("enter")
            assert app.answer == "none yet"
        screen = "\n".join(str(strip.text) for strip in app.picker._compositor.render_strips())
        assert screen.count("broken") >= 1


async def test_every_size_shows_the_list_and_says_where_facts_are_left_out_and_the_second_click_chooses(
    checkpoints: Path,
) -> None:
    app = Picking("headlines")
    async with app.run_test(size=(160, 50)) as pilot:
        options = await listed(pilot, app)
        for size, left_out in (((80, 24), False), ((60, 20), True), ((20, 6), True), ((100, 30), False)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda left_out=left_out: ("more" in app.said("facts")) == left_out)  # type: ignore[misc]
            assert options.size.height > 0
            assert "folder" in app.said("facts") or left_out
        await pilot.click("#models-list", offset=(4, 4))
        await until(pilot, lambda: app.said("name").startswith("speller"))
        assert app.answer == "none yet"
        await pilot.click("#models-list", offset=(4, 4))
        assert app.answer == "speller"


async def test_typing_filters_by_name_then_by_the_card_and_escape_clears_the_filter(checkpoints: Path) -> None:
    write_model(checkpoints / "research-speller", card=CARD)
    write_model(checkpoints / "about", card={"corpus": {"name": "what a speller reads"}})
    app = Picking("headlines")
    async with app.run_test() as pilot:
        options = await listed(pilot, app)

        async def found(*names: str) -> None:
            await until(pilot, lambda: [option.id for option in options.options] == [*names])
            await until(pilot, lambda: app.said("name").startswith(names[0]))

        await pilot.press(*"spel")
        await found("speller", "research-speller", "about")  # names first, from their beginning first
        await pilot.press(*"ler rea")
        await found("about")
        await pilot.press("escape", *"research gru")
        await found("headlines", "research-speller")
        await pilot.press("escape", *checkpoints.name)  # folders aren't looked at
        await until(pilot, lambda: app.sample == "no model matches")
        assert options.option_count == 0
        await pilot.press("enter", "up", "down", "escape")
        assert app.answer == "none yet"
        assert options.option_count == 7
        await pilot.press("escape")
        assert app.answer is None


async def test_without_any_model_it_says_so() -> None:
    app = Picking(None)
    async with app.run_test() as pilot:
        await until(pilot, lambda: "there is no model yet" in app.sample)
        await pilot.press("enter", "down")
        assert app.answer == "none yet"


# -- many models, and what is read of them ---------------------------------------------------------------------------


async def test_of_many_models_the_first_are_listed_and_the_others_are_found_by_the_filter(checkpoints: Path) -> None:
    for number in range(210):
        (checkpoints / f"m{number:03}").symlink_to(checkpoints / "bare")
    entries = find_models("speller")
    app = Picking("speller")
    async with app.run_test(size=(100, 30)) as pilot:
        options = await listed(pilot, app)
        assert options.option_count == 100
        assert app.picker.highlighted is not None
        assert app.picker.highlighted.name == "speller"
        assert "115 more" in app.said("more")
        await pilot.press(*"m209")
        await until(pilot, lambda: app.said("name").startswith("m209"))
        assert [option.id for option in options.options] == ["m209"]
        await pilot.press("escape", "escape")  # nothing is sampled any more when the app goes
        assert app.answer is None
    assert not any(entry.is_read for entry in entries)


async def test_ctrl_c_in_the_picker_quits_the_app(checkpoints: Path) -> None:
    app = PlaygroundApp("headlines", "the ", seed=3)
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(app.screen.query("#text")) > 0)
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen))
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not app.is_running)
