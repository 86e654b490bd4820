"""`python -m charrnn_tui`: the same as the command `charrnn-tui`."""

import sys

from charrnn_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
