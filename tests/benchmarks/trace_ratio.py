"""How long a traced text takes against bare ``generate`` of the same batch, on the built-in model.

    python tests/benchmarks/trace_ratio.py [--repetitions 3] [--prompts 45] [--tokens 40]

Both write the same number of tokens to the same prompts in one batch, in turns, so that a machine that grows slower
meanwhile slows both; no text ends early. What else the machine does only adds to either, and a whole text is seldom
written undisturbed: hence also the ratio of the sums, over the steps, of the fastest that each step was in any
repetition. `generate` samples with the settings of the default suite and reads no activations.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import platformdirs

from neurontest.settings import from_environment
from neurontest.trace import builtin
from neurontest.trace.generation import Row, batches, encode, end_of_text, write
from neurontest.trace.models import resolve
from neurontest.trace.quiet import quiet
from neurontest.trace.sites import find_sites
from neurontest.types import Generation, silent

PROMPTS = Path(__file__).parents[2] / "concept_specs" / "prompts"


def traced(model: Any, tokenizer: Any, rows: list[Row], generation: Generation) -> int:
    """Tokens of our generation, reading both sites at both positions."""
    sites = find_sites(model, ("mlp", "residual"))
    (batch,) = batches(rows, len(rows))
    return sum(len(text.ids) for text in write(model, tokenizer, batch, generation, sites, ("generated", "last")))


def bare(model: Any, tokenizer: Any, rows: list[Row], generation: Generation) -> int:
    """Tokens of transformers' own."""
    inputs = tokenizer.pad({"input_ids": [list(row.ids) for row in rows]}, return_tensors="pt", padding_side="left")
    output = model.generate(
        **inputs,
        do_sample=True,
        top_k=generation.top_k,
        temperature=generation.temperature,
        max_new_tokens=generation.max_new_tokens,
    )
    return len(rows) * int(output.shape[1] - inputs["input_ids"].shape[1])


def timed(model: Any, call: Callable[[], int]) -> tuple[list[float], int]:
    """Seconds before the first forward pass and from each to the next or the end; tokens."""
    marks = [time.perf_counter()]
    hook = model.register_forward_pre_hook(lambda *_: marks.append(time.perf_counter()))
    try:
        tokens = call()
    finally:
        hook.remove()
    marks.append(time.perf_counter())
    return [after - before for before, after in pairwise(marks)], tokens


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repetitions", type=int, default=3)
    options.add_argument("--prompts", type=int, default=45)
    options.add_argument("--tokens", type=int, default=40)
    said = options.parse_args()
    cache = Path(str(from_environment().get("cache_dir") or platformdirs.user_cache_dir("neurontest")))
    handle = resolve(builtin.NAME, cache_dir=cache, dtype="float32", device="cpu", suite_folder=None, progress=silent)
    model, tokenizer = handle.load()
    for source in (model.generation_config, model.config.get_text_config(decoder=True)):
        source.eos_token_id = None
    tokenizer.eos_token = None
    assert not end_of_text(model, tokenizer)
    names = sorted(PROMPTS.glob("*.txt"))
    lines = [line for name in names for line in name.read_text(encoding="utf-8").splitlines() if line.strip()]
    prompts = lines[:: max(1, len(lines) // said.prompts)][: said.prompts]
    generation = Generation(max_new_tokens=said.tokens, samples=1)
    rows = [Row(prompt, 0, encode(tokenizer, prompt, generation)) for prompt in prompts]
    ratios: list[float] = []
    ours: list[list[float]] = []
    peers: list[list[float]] = []
    with quiet():
        bare(model, tokenizer, rows, Generation(max_new_tokens=2, samples=1))
        for repetition in range(said.repetitions):
            steps, tokens = timed(model, lambda: traced(model, tokenizer, rows, generation))
            their_steps, their_tokens = timed(model, lambda: bare(model, tokenizer, rows, generation))
            ours.append(steps)
            peers.append(their_steps)
            assert tokens == their_tokens == len(rows) * said.tokens
            seconds, theirs = sum(steps), sum(their_steps)
            ratios.append(seconds / theirs)
            print(  # noqa: T201
                f"{repetition + 1}: traced {seconds:.2f} s ({tokens / seconds:.0f} tokens/s), "
                f"generate {theirs:.2f} s ({their_tokens / theirs:.0f} tokens/s), ratio {ratios[-1]:.2f}",
                flush=True,
            )
    fastest, theirs = (sum(map(min, zip(*runs, strict=True))) for runs in (ours, peers))
    print(  # noqa: T201
        f"fastest of each step: traced {fastest:.2f} s, generate {theirs:.2f} s, ratio {fastest / theirs:.2f}; "
        f"median of the ratios {statistics.median(ratios):.2f}"
    )


if __name__ == "__main__":
    main()
