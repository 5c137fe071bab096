"""``python -m neurontest`` is the command ``neurontest``."""

import sys

from neurontest.cli import main

if __name__ == "__main__":
    sys.exit(main())
