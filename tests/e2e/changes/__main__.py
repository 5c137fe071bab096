"""Hold each changed copy against the unchanged model, and write what came out into docs/gate.md.

``python -m tests.e2e.changes --texts`` lets the unchanged model write the texts of the suite anew instead.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.e2e.changes.altered import CHANGES
from tests.e2e.changes.held import MATCHED, RENUMBERED, SUITE, Base
from tests.e2e.changes.table import PAGE, drawn, written


def write_texts(base: Base) -> None:
    """What the unchanged model wrote, beside the suite."""
    texts = [
        {"prompt": one.prompt, "text": one.text, "ids": one.ids, "ended": one.ended}
        for concept in base.record.concepts
        for one in concept.continuations
    ]
    lines = ",\n".join(json.dumps(text) for text in texts)
    (SUITE / "replay.json").write_text(f"[\n{lines}\n]\n", "utf-8")


if __name__ == "__main__":
    writes = "--texts" in sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        base = Base(Path(folder), writes=writes)
        if writes:
            write_texts(base)
        else:
            again = [f"{name}{MATCHED}" for name in RENUMBERED]
            written(PAGE, drawn(base.losses, {name: base.held(name) for name in (*CHANGES, *again)}))
