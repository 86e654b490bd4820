"""What tokens are called on the screen and in files. Knows no widgets."""

from charrnn_engine.vocabulary import Vocabulary
from charrnn_tui.text.escapes import EOS, SPACE, one_line


def label(vocabulary: Vocabulary, index: int) -> str:
    """A token as it can be seen: `␣` for a space, `⏎` for a newline, `∎` for `<eos>`."""
    if index == vocabulary.eos:
        return EOS
    text = one_line(vocabulary.tokens[index])
    return SPACE if text == " " else text.replace(" ", SPACE, 1) if text.startswith(" ") else text


def token_word(vocabulary: Vocabulary) -> str:
    """What one token is: `character` or `word`."""
    return "character" if vocabulary.level == "char" else "word"
