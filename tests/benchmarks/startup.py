"""What a run of pytest pays for neurontest where nothing is tested with it, and what a second run of a suite does.

python -m tests.benchmarks.startup [--repetitions 15]
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

HOOKS = "neurontest.plugin.hooks"


def run(command: Sequence[str], folder: Path, compiled: Path) -> tuple[float, str]:
    """Seconds and what was written to stderr; modules are compiled as they are where a package is installed."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPYCACHEPREFIX": str(compiled), "PYTHONPATH": str(Path(__file__).parents[2])}
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return time.perf_counter() - began, done.stderr


def imported(folder: Path, compiled: Path) -> float:
    """Milliseconds that importing the plugin takes once pytest is imported, by Python's own count."""
    code = f"import pytest, {HOOKS}"
    _, told = run([sys.executable, "-X", "importtime", "-c", code], folder, compiled)
    found = re.search(rf"\|\s+(\d+) \|\s+{re.escape(HOOKS)}$", told, re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repetitions", type=int, default=15)
    said = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, compiled = Path(name) / "unrelated", Path(name) / "compiled"
        folder.mkdir()
        (folder / "test_other.py").write_text("def test_other(): pass\n", encoding="utf-8")
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
        withouts = [*pytest, "-p", "no:neurontest", "test_other.py"]
        withs = [*pytest, "test_other.py"]
        imported(folder, compiled), run(withs, folder, compiled), run(withouts, folder, compiled)
        imports, pairs = [], []
        for _ in range(said.repetitions):
            imports.append(imported(folder, compiled))
            pairs.append((run(withs, folder, compiled)[0] * 1000, run(withouts, folder, compiled)[0] * 1000))
    each = statistics.median(one - other for one, other in pairs)
    fastest = min(one for one, _ in pairs) - min(other for _, other in pairs)
    print(  # noqa: T201
        f"importing the plugin: {min(imports):.1f} ms, median {statistics.median(imports):.1f} ms\n"
        f"an unrelated run of {min(one for one, _ in pairs):.0f} ms: {fastest:+.1f} ms by the fastest of "
        f"{said.repetitions} with and without the plugin, {each:+.1f} ms in the median of the pairs"
    )


if __name__ == "__main__":
    main()
