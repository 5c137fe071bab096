"""Peak memory of a traced run: at 40 and 400 new tokens, and of few and of 1,000 prompts.

    python -m tests.benchmarks.memory [--rows 16] [--prompts 1000]

Each run is a process of its own, model and libraries included. What may grow with the texts' length is the cache of
keys and values; what may grow with the number of prompts is nothing, since every batch goes to the store before the
next begins.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.ways import CACHE, fresh

MIB = 2**20


def traced(prompts: int, rows: int, tokens: int, cache: Path) -> tuple[int, int, list[int]]:
    """Peak memory in bytes, the largest cache of keys and values, and the texts in the store when each batch began."""
    from neurontest.trace.engine import Tracer
    from neurontest.trace.models.named import from_transformers
    from neurontest.types import Generation, TraceGroup, TracePlan

    model, tokenizer = fresh("float32")
    generation = Generation(max_new_tokens=tokens, samples=1)
    texts = tuple(sorted(f"The year {1000 + number} began with rain in the hills" for number in range(prompts)))
    stored: list[int] = []

    def listen(what: str, done: int, total: int, detail: str) -> None:
        if detail.startswith("token 1 "):
            stored.append(len(list((cache / "traces").glob("*/*.json"))))

    handle = from_transformers(model, tokenizer)
    tracer = Tracer(handle, cache_dir=cache, batch_size=rows, progress=listen)
    record = tracer.ensure(TracePlan((TraceGroup(generation, texts, ("residual",), ("generated",)),)))
    assert (record.texts, record.tokens) == (prompts, prompts * tokens)
    config = model.config
    a_position = 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim * 4
    longest = max(len(tokenizer(text)["input_ids"]) for text in texts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return peak, rows * (longest + tokens) * a_position, stored


def apart(prompts: int, rows: int, tokens: int) -> tuple[int, int, list[int]]:
    """The same in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        numbers = [str(number) for number in (prompts, rows, tokens)]
        command = [sys.executable, "-m", "tests.benchmarks.memory", "--one", *numbers, folder]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return int(output[0]), int(output[1]), [int(count) for count in output[2:]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=16)
    options.add_argument("--prompts", type=int, default=1000)
    options.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    said = options.parse_args()
    if said.one:
        peak, cache, stored = traced(int(said.one[0]), int(said.one[1]), int(said.one[2]), Path(said.one[3]))
        print(peak, cache, *stored)  # noqa: T201
        return
    assert CACHE.is_dir(), "run `neurontest models fetch` first"
    rests = []
    for tokens in (40, 400):
        peak, cache, _ = apart(said.rows, said.rows, tokens)
        rests.append(peak - cache)
        print(  # noqa: T201
            f"{said.rows} texts of {tokens} tokens: peak {peak / MIB:.0f} MiB, of which keys and values "
            f"{cache / MIB:.0f} MiB, the rest {rests[-1] / MIB:.0f} MiB",
            flush=True,
        )
    print(f"the rest grows by {rests[1] / rests[0] - 1:+.1%}")  # noqa: T201
    few, _, _ = apart(128, 128, 4)
    many, _, stored = apart(said.prompts, 128, 4)
    print(  # noqa: T201
        f"128 prompts: peak {few / MIB:.0f} MiB; {said.prompts} prompts in batches of 128: {many / MIB:.0f} MiB "
        f"({many / few - 1:+.1%}); texts in the store when each batch began: {', '.join(map(str, stored))}"
    )


if __name__ == "__main__":
    main()
