"""A project whose model changes: a planted model, copies of it that differ in a known way, and a suite about it.

PYTEST_DONT_REWRITE: it is imported before the runs that load it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests import planted

PROMPTS_EACH, BASELINE = 20, 24
SUITE = """\
neurontest: 1
trace: {max_new_tokens: 8, samples: 1}
neurons: {site: mlp, k: 6}
statistics: {m: 10, test: half-sample}
baseline: {prompts: baseline.txt}
concepts:
"""
CLAIMS = """\
claims:
  - {id: near, claim: hanoi overlaps vietnam more than violent}
  - {id: far, claim: hanoi overlaps violent more than vietnam}
  - {id: violent, claim: violent has consistent neurons}
"""
MORE = """\
claims:
  - {id: tulip, claim: tulip has consistent neurons}
  - {id: later, claim: vietnam has consistent neurons, skip: not now}
"""


def write_suite(folder: Path, claims: str = CLAIMS, more: str = MORE, each: int = PROMPTS_EACH) -> Path:
    """The suite, in two files of claims, with so many prompts a concept."""
    folder.mkdir(exist_ok=True)
    lists = {name: planted.prompts(name, each, seed) for seed, name in enumerate(planted.CONCEPTS, 1)}
    lists["baseline"] = planted.prompts(None, BASELINE, seed=0)
    for name, lines in lists.items():
        (folder / f"{name}.txt").write_text("\n".join(lines))
    concepts = "".join(f"  {name}: {{prompts: {name}.txt}}\n" for name in planted.CONCEPTS)
    (folder / "suite.yaml").write_text(SUITE + concepts)
    (folder / "claims.yaml").write_text(claims)
    (folder / "more.yaml").write_text(more)
    return folder


def _muted(built: planted.Planted) -> None:
    """The words of one concept mean what neutral words mean."""
    import torch

    vocabulary, words = built.tokenizer.get_vocab(), built.model.transformer.wte.weight
    with torch.no_grad():
        for word, neutral in zip(planted.CONCEPTS["hanoi"], planted.NEUTRAL, strict=False):
            words[vocabulary[word]] = words[vocabulary[neutral]]


def _permuted(built: planted.Planted) -> None:
    """The same function, its MLP neurons in another order."""
    import torch

    rng = np.random.default_rng(3)
    with torch.no_grad():
        for block in built.model.transformer.h:
            order = torch.from_numpy(rng.permutation(planted.WIDTH))
            block.mlp.c_fc.weight.copy_(block.mlp.c_fc.weight[:, order].clone())
            block.mlp.c_fc.bias.copy_(block.mlp.c_fc.bias[order].clone())
            block.mlp.c_proj.weight.copy_(block.mlp.c_proj.weight[order].clone())


def _random(built: planted.Planted) -> None:
    """Weights of the same spread, that mean nothing."""
    import torch

    with torch.no_grad():
        generator = torch.Generator().manual_seed(11)
        for part in built.model.transformer.h.parameters():
            part.copy_(part.flatten()[torch.randperm(part.numel(), generator=generator)].view_as(part))


CHANGES: dict[str, Callable[[planted.Planted], Any]] = {
    "base": lambda _: None,
    "muted": _muted,
    "permuted": _permuted,
    "random": _random,
}


def save(folder: Path, change: str) -> Path:
    """A changed copy of the planted model, as a folder."""
    from neurontest.trace.quiet import quiet

    built = planted.build("gpt2")
    CHANGES[change](built)
    with quiet():
        built.model.save_pretrained(folder)
        built.tokenizer.save_pretrained(folder)
    return folder
