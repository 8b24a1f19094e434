"""Renders the definitions for every environment. `python generate.py --help` says what it can do."""

import sys
from pathlib import Path

try:
    from monitoring_kit.cli import main
except ImportError as missing:
    sys.stderr.write(f"generate.py: {missing} in {sys.executable}: run make build, or use .venv/bin/python\n")
    sys.exit(2)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parent))
