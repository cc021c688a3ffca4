"""Graft from a command line: `python -m tlcore train|predict|export|models|fetch|doctor`."""

import sys

from tlcore.commands.line import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
