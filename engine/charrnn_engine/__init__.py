"""Small recurrent language models, opened from Keras archives and sampled with numpy. A library without a screen."""

from charrnn_engine.checkpoints.store import list_checkpoints, load
from charrnn_engine.errors import (
    CharRNNError,
    CheckpointError,
    ControlsError,
    PromptError,
    UnknownTokenError,
    VocabularyError,
)
from charrnn_engine.generation.generation import Generation
from charrnn_engine.generation.many import Request, generate_batch, generate_many
from charrnn_engine.generation.stream import generate, stream
from charrnn_engine.generation.tokens import Token
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.vocabulary import Vocabulary

__all__ = [
    "CharRNN",
    "CharRNNError",
    "CheckpointError",
    "Controls",
    "ControlsError",
    "Generation",
    "PromptError",
    "Request",
    "Token",
    "UnknownTokenError",
    "Vocabulary",
    "VocabularyError",
    "generate",
    "generate_batch",
    "generate_many",
    "list_checkpoints",
    "load",
    "stream",
]
