"""Changed copies of a model, one function a change: what a team does to a model, and what must be noticed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

#: The concept that is trained on, and whose neurons are zeroed.
ABOUT = "tulip"
#: Standard deviations of the noise, as shares of each matrix's own.
NOISE = (0.05, 0.1, 0.2, 0.4, 0.8)
#: Steps, passages a step and rate of the fine-tuning.
STEPS, BATCH, RATE = 24, 2, 1e-4
#: Of the thirty blocks, the one that is left out.
DROPPED = 15
SEED = 20261127

#: Makes a model what it shall become, in place; is told the concept's neurons, by layer.
Change = Callable[[Any, Any, Sequence[tuple[int, int]]], None]


def bfloat16(model: Any, tokenizer: Any, neurons: Sequence[tuple[int, int]]) -> None:
    """Weights and arithmetic of half the size."""
    import torch

    model.to(torch.bfloat16)


def rounded(bits: int) -> Change:
    """Each output channel of the blocks' matrices rounded to steps of its own largest weight."""

    def change(model: Any, tokenizer: Any, neurons: Sequence[tuple[int, int]]) -> None:
        most = 2 ** (bits - 1) - 1
        for weight in _matrices(model):
            step = weight.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / most
            weight.copy_((weight / step).round().clamp(-most, most) * step)

    return change


def noisy(share: float) -> Change:
    """Noise on the blocks' matrices, the same at every strength but for its size."""

    def change(model: Any, tokenizer: Any, neurons: Sequence[tuple[int, int]]) -> None:
        import torch

        drawn = torch.Generator().manual_seed(SEED)
        for weight in _matrices(model):
            weight.add_(torch.randn(weight.shape, generator=drawn) * (share * weight.std()))

    return change


def tuned(model: Any, tokenizer: Any, neurons: Sequence[tuple[int, int]]) -> None:
    """Trained on text about one concept, all weights."""
    import torch

    passages = (Path(__file__).parent / "tulips.txt").read_text("utf-8").splitlines()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0)
    order = torch.Generator().manual_seed(SEED)
    model.train()
    with torch.enable_grad():
        for _ in range(STEPS):
            chosen = torch.randperm(len(passages), generator=order)[:BATCH].tolist()
            optimizer.zero_grad()
            for at in chosen:
                ids = torch.tensor([tokenizer(passages[at])["input_ids"]])
                (model(input_ids=ids, labels=ids).loss / BATCH).backward()
            optimizer.step()
    model.eval()
    model.zero_grad(set_to_none=True)


def zeroed(model: Any, tokenizer: Any, neurons: Sequence[tuple[int, int]]) -> None:
    """The neurons that were selected for a concept are zero whatever is read."""
    for layer, index in neurons:
        model.model.layers[layer].mlp.up_proj.weight[index] = 0.0


def permuted(model: Any, tokenizer: Any, neurons: Sequence[tuple[int, int]]) -> None:
    """The same function, the MLP neurons of each block in another order."""
    import torch

    drawn = torch.Generator().manual_seed(SEED)
    for block in model.model.layers:
        mlp = block.mlp
        order = torch.randperm(mlp.up_proj.out_features, generator=drawn)
        for part in (mlp.gate_proj.weight, mlp.up_proj.weight, mlp.down_proj.weight.T):
            part.copy_(part[order].clone())


def shallower(model: Any, tokenizer: Any, neurons: Sequence[tuple[int, int]]) -> None:
    """One block left out."""
    del model.model.layers[DROPPED]
    for at, block in enumerate(model.model.layers):
        block.self_attn.layer_idx = at
    model.config.num_hidden_layers = len(model.model.layers)
    if getattr(model.config, "layer_types", None):
        model.config.layer_types = model.config.layer_types[:DROPPED] + model.config.layer_types[DROPPED + 1 :]


def untaught(model: Any, tokenizer: Any, neurons: Sequence[tuple[int, int]]) -> None:
    """A random twin: the same architecture with weights as its own code initialises them."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model.load_state_dict(type(model)(model.config).state_dict())


#: What is done, as the table names it.
CHANGES: dict[str, Change] = {
    "bfloat16": bfloat16,
    "int8, by channel": rounded(8),
    "int4, by channel": rounded(4),
    **{f"noise of {share:g} sd": noisy(share) for share in NOISE},
    f"{STEPS} steps on text about tulips": tuned,
    "tulip's 50 neurons zeroed": zeroed,
    "MLP neurons permuted": permuted,
    f"block {DROPPED} left out": shallower,
    "random twin": untaught,
}


def altered(name: str, model: Any, tokenizer: Any, neurons: Sequence[tuple[int, int]]) -> Any:
    """A copy of a model that is changed so; the model itself stays as it is."""
    import torch

    changed = copy.deepcopy(model)
    with torch.no_grad():
        CHANGES[name](changed, tokenizer, neurons)
    return changed.eval()


def _matrices(model: Any) -> Iterator[torch.Tensor]:
    """The weights of all linear maps of the blocks; embeddings and norms are left as they are."""
    for name, weight in model.model.layers.named_parameters():
        if name.endswith("proj.weight"):
            yield weight
