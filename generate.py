"""Renders the definitions for every environment. `python generate.py --help` says what it can do."""

import sys

from monitoring_kit.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
