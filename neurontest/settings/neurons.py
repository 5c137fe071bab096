"""Settings: what a set of neurons is."""

from __future__ import annotations

from neurontest.settings.setting import Setting

NEURONS: tuple[Setting, ...] = (
    Setting(
        "neurons",
        "site",
        str,
        "residual",
        "Where in a block a neuron lives: the block's output, the input of the MLP's down-projection, the activation of"
        " the gate that is a factor of it, or the input of the attention's output projection",
        choices=("residual", "mlp", "mlp_gate", "attention"),
    ),
    Setting(
        "neurons",
        "positions",
        str,
        "generated",
        "Which steps count: all new tokens averaged, or the last one alone; or the prompt's own tokens averaged",
        choices=("generated", "last", "prompt"),
    ),
    Setting("neurons", "match", str, None, "Of these positions only the tokens of this word, as it is written here"),
    Setting(
        "neurons",
        "exclude_first",
        int,
        0,
        "How many of the positions that count are left out, from the first on",
        minimum=0,
    ),
    Setting(
        "neurons",
        "reduce",
        str,
        "mean",
        "What becomes of a neuron's values over the positions; rate: the share of them above zero",
        choices=("mean", "max", "rate"),
    ),
    Setting(
        "neurons",
        "normalize",
        str,
        "difference",
        "raw activations; their difference from the baseline's mean; or that over its shrunken standard deviation",
        choices=("raw", "difference", "zscore"),
    ),
    Setting(
        "neurons",
        "select",
        str,
        "mean",
        "mean: top k of the mean over prompts; consistency: the k that are in most prompts' own top lists",
        choices=("mean", "consistency"),
    ),
    Setting("neurons", "k", int, 10, "Neurons in a set", minimum=1),
    Setting("neurons", "per_prompt_k", int, None, "Neurons in a prompt's own top list (default: k)", minimum=1),
    Setting(
        "neurons",
        "identity",
        str,
        "neuron",
        "Which neurons count as the same: (layer, index); the index, scores aggregated over layers before selection; or"
        " distinct indices of what was selected, for display alone",
        choices=("neuron", "dimension", "index"),
    ),
    Setting(
        "neurons",
        "ablate",
        str,
        "mean",
        "What a causal claim sets ablated neurons to: the baseline's mean, zero, or the values of some baseline prompt",
        choices=("mean", "zero", "resample"),
    ),
)
