"""Short texts of a model in training, at several temperatures after the same prompts. The playground's own sampler
writes them, so they are what the model will play."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.model_files import read_network
from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.prompts import default_prompt
from charrnn_engine.generation.stream import generate
from charrnn_engine.network.model import CharRNN
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.vocabulary import Vocabulary

_LENGTH = 120


def draw_samples(model_file: Path, vocabulary: Vocabulary, settings: TrainingSettings) -> Iterator[dict[str, Any]]:
    """Yields prompt, temperature and the text after it; `problem` says why a prompt can't be fed."""
    network, parameters = read_network(model_file)
    model = CharRNN(vocabulary, network, parameters=parameters)
    for prompt in settings.prompts or (default_prompt(model),):
        for temperature in settings.temperatures:
            about = {"prompt": prompt, "temperature": temperature}
            try:
                tokens = generate(
                    model, prompt, Controls(temperature=temperature), seed=settings.seed, max_tokens=_LENGTH
                )
                yield {**about, "text": "".join(token.text for token in tokens)}
            except CharRNNError as error:
                yield {**about, "text": "", "problem": str(error)}
