"""The example is no package: its modules import each other by their bare names, as they do in its container."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "examples/model_server"))
