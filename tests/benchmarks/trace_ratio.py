"""How long a traced text takes against bare ``generate`` of the same batch, on the built-in model.

    python tests/benchmarks/trace_ratio.py [--repetitions 3] [--prompts 45] [--tokens 40]

Both write the same number of tokens to the same prompts in one batch, in turns, so that a machine that grows slower
meanwhile slows both; what else the machine does only adds to either, hence the ratio of the fastest of each, too.
`generate` samples with the settings of the default suite and reads no activations.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

import platformdirs

from neurontest.settings import from_environment
from neurontest.trace import builtin
from neurontest.trace.generation import Row, batches, encode, write
from neurontest.trace.models import resolve
from neurontest.trace.quiet import quiet
from neurontest.trace.sites import find_sites
from neurontest.types import Generation, silent

PROMPTS = Path(__file__).parents[2] / "concept_specs" / "prompts"


def traced(model: Any, tokenizer: Any, rows: list[Row], generation: Generation) -> tuple[float, int]:
    """Seconds and tokens of our generation, reading both sites at both positions."""
    sites = find_sites(model, ("mlp", "residual"))
    (batch,) = batches(rows, len(rows))
    begun = time.perf_counter()
    texts = write(model, tokenizer, batch, generation, sites, ("generated", "last"))
    return time.perf_counter() - begun, sum(len(text.ids) for text in texts)


def bare(model: Any, tokenizer: Any, prompts: list[str], generation: Generation) -> tuple[float, int]:
    """Seconds and tokens of transformers' own."""
    inputs = tokenizer(prompts, return_tensors="pt", padding=True, padding_side="left")
    begun = time.perf_counter()
    output = model.generate(
        **inputs,
        do_sample=True,
        top_k=generation.top_k,
        temperature=generation.temperature,
        min_new_tokens=generation.max_new_tokens,
        max_new_tokens=generation.max_new_tokens,
    )
    return time.perf_counter() - begun, len(prompts) * (output.shape[1] - inputs["input_ids"].shape[1])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repetitions", type=int, default=3)
    options.add_argument("--prompts", type=int, default=45)
    options.add_argument("--tokens", type=int, default=40)
    said = options.parse_args()
    cache = Path(str(from_environment().get("cache_dir") or platformdirs.user_cache_dir("neurontest")))
    handle = resolve(builtin.NAME, cache_dir=cache, dtype="float32", device="cpu", suite_folder=None, progress=silent)
    model, tokenizer = handle.load()
    names = sorted(PROMPTS.glob("*.txt"))
    lines = [line for name in names for line in name.read_text(encoding="utf-8").splitlines() if line.strip()]
    prompts = lines[:: max(1, len(lines) // said.prompts)][: said.prompts]
    generation = Generation(max_new_tokens=said.tokens, samples=1)
    rows = [Row(prompt, 0, encode(tokenizer, prompt, generation)) for prompt in prompts]
    ratios, ours, peers = [], [], []
    with quiet():
        bare(model, tokenizer, prompts, Generation(max_new_tokens=2, samples=1))
        for repetition in range(said.repetitions):
            seconds, tokens = traced(model, tokenizer, rows, generation)
            theirs, their_tokens = bare(model, tokenizer, prompts, generation)
            ratios.append(seconds / theirs)
            ours.append(seconds)
            peers.append(theirs)
            print(  # noqa: T201
                f"{repetition + 1}: traced {seconds:.2f} s ({tokens / seconds:.0f} tokens/s), "
                f"generate {theirs:.2f} s ({their_tokens / theirs:.0f} tokens/s), ratio {ratios[-1]:.2f}"
            )
    print(  # noqa: T201
        f"ratio of the fastest {min(ours) / min(peers):.2f} ({min(ours):.2f} s and {min(peers):.2f} s), "
        f"median of the ratios {statistics.median(ratios):.2f}"
    )


if __name__ == "__main__":
    main()
