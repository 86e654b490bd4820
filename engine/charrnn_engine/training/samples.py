"""Short texts of a model in training, always after the same prompts with the same random numbers. They are written by
the sampler that the app plays with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.model_files import read_network
from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.generation import Generation
from charrnn_engine.generation.prompts import default_prompt
from charrnn_engine.network.model import CharRNN
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.vocabulary import Vocabulary

_LENGTH = 200  # tokens; where a text ends, another begins on a new line


def draw_samples(model_file: Path, vocabulary: Vocabulary, settings: TrainingSettings) -> Iterator[dict[str, Any]]:
    """Yields each prompt and temperature with the text that follows; `problem` says why a prompt can't be fed."""
    network, parameters = read_network(model_file)
    model = CharRNN(vocabulary, network, parameters=parameters)
    for prompt in settings.prompts or (default_prompt(model),):
        for temperature in settings.temperatures:
            about = {"prompt": prompt, "temperature": temperature}
            try:
                yield {**about, "text": _written(model, prompt, Controls(temperature=temperature), settings.seed)}
            except CharRNNError as error:
                yield {**about, "text": "", "problem": str(error)}


def _written(model: CharRNN, prompt: str, controls: Controls, seed: int) -> str:
    generation = Generation(model, prompt, seed=seed)
    tokens = [generation.next(controls) for _ in range(_LENGTH)]
    return "".join("\n" if token.id == model.vocabulary.eos else token.text for token in tokens)
