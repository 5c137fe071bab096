"""A report of our own: how many neurons of each set are in which layer."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from neurontest.types import Record


def write_layers(record: Record, folder: Path) -> Iterable[Path]:
    """Write ``layers.csv``: concept, site, positions, normalize, layer, neurons."""
    path = folder / "layers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["concept", "site", "positions", "normalize", "layer", "neurons"])
        for concept in record.concepts:
            for found in concept.sets:
                own = concept.name, found.site, found.positions, found.normalize
                counts = Counter(one.layer for one in found.neurons)
                rows.writerows([*own, *pair] for pair in sorted(counts.items()))
    return [path]
