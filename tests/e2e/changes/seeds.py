"""How often an unchanged model is called weakened because it wrote other texts: the suite at other sampling seeds.

``python -m tests.e2e.changes.seeds --seeds 50 --out seeds.json`` goes on where it was broken off.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from neurontest.run import Run
from neurontest.spec.load import load_suite
from tests.e2e.changes.held import SUITE, WRITING, Base, compared

FLAGGED = ("weakened", "lost")


def at_seed(base: Base, seed: int) -> dict[str, str]:
    """Status of each claim, by id, of the unchanged model on texts that it writes with another seed."""
    against = replace(base.against, texts="own")
    run = Run(load_suite(SUITE, {**WRITING, "seed": seed}), base.handle, cache_dir=base.cache, against=against)
    claims, _ = compared(run)
    return {name: found.status for name, found in claims.items()}


def rates(found: Mapping[str, Mapping[str, str]]) -> str:
    """A line for each claim: how many seeds gave which status."""
    names = next(iter(found.values()))
    lines = []
    for name in names:
        counts = Counter(one[name] for one in found.values())
        lines.append(f"{name}: " + ", ".join(f"{count} {status}" for status, count in counts.most_common()))
    pairs = [status for one in found.values() for status in one.values()]
    flagged = sum(status in FLAGGED for status in pairs)
    return "\n".join([*lines, f"{flagged} of {len(pairs)} flagged, over {len(found)} seeds"])


def main() -> None:
    """Write what was found after every seed, and print the counts at the end."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=50)
    asked.add_argument("--out", type=Path, default=Path("reports/seeds.json"))
    said = asked.parse_args()
    found: dict[str, dict[str, str]] = json.loads(said.out.read_text("utf-8")) if said.out.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        base = Base(Path(folder), writes=True)
        base.against  # noqa: B018 - the reference is read before its traces are forgotten
        for seed in range(1, said.seeds + 1):
            if str(seed) not in found:
                shutil.rmtree(base.cache / "traces")
                found[str(seed)] = at_seed(base, seed)
                said.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(rates(found))  # noqa: T201 - a program prints


if __name__ == "__main__":
    main()
