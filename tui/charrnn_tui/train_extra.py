"""Whether this machine can train: TensorFlow is looked for, never imported."""

import importlib.util
import sys


def missing_extra() -> str:
    """What to install before anything can be trained, in a line; nothing where all is there."""
    if importlib.util.find_spec("tensorflow") is not None:
        return ""
    if sys.version_info >= (3, 14):
        return "training needs TensorFlow, which has no wheel for Python 3.14 yet; with Python 3.11 to 3.13 it works"
    return "training needs TensorFlow: pip install 'charrnn-tui[train]'"
