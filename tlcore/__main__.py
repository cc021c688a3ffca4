"""Graft from a command line: `python -m tlcore COMMAND`; `--help` lists the commands."""

import sys

from tlcore.commands.line import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
