"""How long a suite of fifty claims takes, start-up included: from cached traces alone, and with its evidence cached.

    python -m tests.benchmarks.many_claims --cache CACHE

The cache must hold the traces of the shipped suite (`make demo` leaves them in the user's). The claims are of its four
concepts at their residual neurons; nothing is traced, and null worlds are not looked at.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import permutations
from pathlib import Path

from neurontest.run import default_cache_dir

SHIPPED = Path(__file__).parents[2] / "concept_specs"
CONCEPTS = ("tulip", "vietnam", "hanoi", "violent")


def sentences() -> list[str]:
    """Fifty claims of every kind that fits four concepts."""
    said = [f"{a} overlaps {b} more than {c}" for a, b, c in permutations(CONCEPTS, 3)]
    said += [f"{a} overlaps {b} by at least 1 neuron" for a, b in permutations(CONCEPTS, 2)]
    said += [f"{name} has consistent neurons" for name in CONCEPTS]
    said += [f"{name} has specific neurons" for name in CONCEPTS]
    everyone = "tulip, vietnam, hanoi and violent"
    said += [
        f"{everyone} have distinct neurons",
        f"all generated tokens separate {everyone} better than the last token",
        "baseline-normalized sets differ from raw",
        f"normalization separates {everyone} better than raw",
        f"raw neurons of {everyone} are nearly identical",
        "neuron L15.residual[100] is specific to hanoi against tulip and violent",
    ]
    return said


def suite_in(folder: Path, nonce: str) -> None:
    """The claims, ten to a file; `nonce` is part of their ids, so that no earlier run's evidence is found."""
    shutil.copytree(SHIPPED / "prompts", folder / "prompts")
    (folder / "suite.yaml").write_text((SHIPPED / "suite.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    said = sentences()
    for start in range(0, len(said), 10):
        claims = "".join(
            f"  - {{id: c{at}-{nonce}, claim: '{sentence}'}}\n" for at, sentence in enumerate(said[start : start + 10])
        )
        text = "neurons: {select: mean, k: 10}\nstatistics: {m: 12}\nclaims:\n" + claims
        (folder / f"part-{start // 10}.yaml").write_text(text, encoding="utf-8")


def run(folder: Path, cache: Path) -> float:
    """Seconds of one pytest run; its verdicts are not asked about."""
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "--tb=no", "--concept-specs", str(folder)]
    command += ["--concept-cache-dir", str(cache), "--concept-vacuous", "off", "--concept-report", str(folder / "out")]
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begun
    if done.returncode > 1:
        raise SystemExit(done.stdout + done.stderr)
    return seconds


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cache", type=Path, default=default_cache_dir())
    said = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "suite"
        folder.mkdir()
        suite_in(folder, nonce=f"{time.time_ns():x}")
        for what in ("from cached traces alone", "with evidence cached"):
            print(f"{len(sentences())} claims {what}: {run(folder, said.cache):.1f} s")  # noqa: T201


if __name__ == "__main__":
    main()
