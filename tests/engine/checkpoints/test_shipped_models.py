"""The models that ship: small enough together, each with a card that says what it is and how it was made."""

from pathlib import Path

import pytest

from charrnn_engine import Controls, generate, load

CHECKPOINTS = Path(__file__).parents[3] / "checkpoints"
FOLDERS = sorted(path for path in CHECKPOINTS.iterdir() if path.is_dir() and not path.name.startswith("."))


def test_all_together_they_take_less_than_30_mb():
    assert sum(file.stat().st_size for file in CHECKPOINTS.rglob("*") if file.is_file()) < 30_000_000


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_opens_and_its_card_tells_how_it_was_made_and_measured(folder):
    assert {file.name for file in folder.iterdir()} == {"model.keras", "vocabulary.json", "card.json"}
    model = load(folder)
    card = model.card
    assert card["name"] == folder.name
    assert card["corpus"]["licence"] not in ("", "not stated")
    assert card["training"]["command"].startswith("charrnn-tui train ")
    assert f"--seed {card['training']['seed']}" in card["training"]["command"]
    assert card["network"]["parameters"] == model.parameters
    figures = card["held_out"][-1]
    assert figures["bits_per_character"] > 0
    assert {"corpus", "samples", "state", "tokens", "unknown"} <= set(figures)
    assert "/" not in figures["corpus"], "no path of a machine"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_writes_text(folder):
    model = load(folder)
    prompt = "" if model.vocabulary.eos is not None else "the "
    tokens = list(generate(model, prompt, Controls(temperature=0.7), seed=1, max_tokens=80))
    assert "".join(token.text for token in tokens).strip()
