"""Where checkpoints, settings and saved texts live on this machine. The one module that knows paths."""

import os
from pathlib import Path

APP_NAME = "charrnn-tui"
CHECKPOINTS_VARIABLE = "CHARRNN_CHECKPOINTS"


def user_data() -> Path:
    """The user's data folder; nothing is created here."""
    import platformdirs

    return Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))


def settings_file() -> Path:
    """Where the app keeps its settings; nothing is created here."""
    import platformdirs

    return Path(platformdirs.user_config_dir(APP_NAME, appauthor=False)) / "settings.json"


def saved_texts() -> Path:
    """Where texts are saved unless another folder is named: in the user's documents folder if there is one, else in
    the data folder. Nothing is created here."""
    import platformdirs

    documents = Path(platformdirs.user_documents_dir())
    return documents / APP_NAME if documents.is_dir() else user_data() / "texts"


def user_checkpoints() -> Path:
    """Where training writes its checkpoints."""
    return user_data() / "checkpoints"


def shipped_checkpoints() -> Path:
    """The checkpoints that ship: inside the package in a wheel, beside the source roots in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "shipped"
    return inside if inside.is_dir() else package.parent.parent / "checkpoints"


def expanded(text: str) -> Path:
    """A path with a leading ~ replaced by the home folder; as it is if there is no such user."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def checkpoint_folders() -> list[Path]:
    """Folders searched for a checkpoint by name, in order: `$CHARRNN_CHECKPOINTS`, the user's, the shipped."""
    configured = os.environ.get(CHECKPOINTS_VARIABLE, "")
    folders = [expanded(part) for part in configured.split(os.pathsep) if part]
    return [*folders, user_checkpoints(), shipped_checkpoints()]
