"""Every knob of neurontest, said once: its name, type, default, bounds and help.

The command line options (``--concept-max-new-tokens``), the ini keys (``concept_max_new_tokens``), the JSON Schema of a
spec and the defaults all come from :data:`SETTINGS`; nothing else states a default.

Which value wins: command line over ini over claim over spec file over ``suite.yaml`` over default (:func:`resolve`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from neurontest.setting import Setting, Value

SETTINGS: tuple[Setting, ...] = (
    # What the model writes, and so what is traced.
    Setting("trace", "max_new_tokens", int, 40, "New tokens written for each prompt and sample, at most", minimum=1),
    Setting("trace", "samples", int, 4, "Texts written for each prompt; their activations are averaged", minimum=1),
    Setting("trace", "temperature", float, 0.9, "Softmax temperature; 0 takes the likeliest token", minimum=0.0),
    Setting("trace", "top_k", int, 200, "The next token is drawn from this many likeliest ones", minimum=1),
    Setting("trace", "seed", int, 1337, "Seed of the texts that the model writes", "suite", minimum=0),
    Setting(
        "trace",
        "seeds",
        int,
        None,
        "Instead of 'seed', such as 1337, 1, 2: the first is the run's own; at each other one texts are written anew"
        " and every claim is tested again, to say at how many its verdict stands",
        "suite",
        minimum=0,
        many=2,
    ),
    Setting(
        "trace",
        "format",
        str,
        "plain",
        "plain: the prompt with the tokenizer's own special tokens; chat: the chat template with one user turn",
        choices=("plain", "chat"),
    ),
    Setting(
        "trace",
        "replay",
        str,
        None,
        "Texts to read instead of letting the model write: a .json or .jsonl file of {prompt, text}, a record.json or"
        " its folder; true: replay.json beside suite.yaml",
        switch=True,
    ),
    # What a set of neurons is.
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
    # How it is tested.
    Setting(
        "statistics",
        "alpha",
        float,
        0.05,
        "Error rate that a family's corrected p-values are held to",
        "file",
        above=0,
        maximum=0.5,
    ),
    Setting(
        "statistics",
        "correction",
        str,
        "holm",
        "Correction of the p-values of one family (a spec file)",
        "file",
        choices=("none", "bonferroni", "holm", "bh", "by"),
    ),
    Setting(
        "statistics",
        "statistics_seed",
        int,
        0,
        "Seed of all that is drawn by the tests; a verdict that hangs on it is called borderline",
        "suite",
        minimum=0,
        as_key="seed",
    ),
    Setting("statistics", "confidence", float, 0.95, "Level of the intervals shown", above=0.5, below=1),
    Setting(
        "statistics",
        "test",
        str,
        "both",
        "Tests that must show a claim where labels can be exchanged: both, or one of them alone",
        choices=("both", "permutation", "half-sample"),
    ),
    Setting(
        "statistics",
        "interval",
        str,
        "half-sample",
        "Interval shown of an overlap: of half-samples, or the ordinary percentile bootstrap of whole sets",
        choices=("half-sample", "bootstrap"),
    ),
    Setting(
        "statistics",
        "m",
        int,
        None,
        "Prompts that each set is selected from, which a claim about a number of neurons must say (default: half of the"
        " smallest concept's)",
        minimum=2,
    ),
    Setting(
        "statistics",
        "consistent_above",
        float,
        0.3,
        "consistent: share of k that sets of two disjoint halves must have in common",
        minimum=0,
        below=1,
    ),
    Setting(
        "statistics",
        "differ_below",
        float,
        0.5,
        "sets_differ: share of the ceiling that two modes may share at most",
        above=0,
        maximum=1,
    ),
    Setting(
        "statistics",
        "similar_above",
        float,
        0.8,
        "sets_similar: share of the ceiling that two concepts must share on average",
        minimum=0,
        below=1,
    ),
    Setting(
        "statistics",
        "looks",
        int,
        None,
        "Numbers of prompts a concept at which the claims are tested, such as 24, 48, declared before the first run;"
        " all together they keep alpha",
        "file",
        minimum=4,
        many=1,
    ),
    # How it is run.
    Setting(
        "run",
        "model",
        str,
        "smollm2-135m",
        "Built-in name, hub:org/name@revision, folder with safetensors, .gguf file, or python:package.module:factory",
        "suite",
    ),
    Setting(
        "run",
        "report",
        str,
        "reports/latest",
        "Folder that record.json, report.html, junit.xml, summary.md and the badges are written to",
        "person",
    ),
    Setting(
        "run",
        "sarif",
        str,
        "off",
        "Also write claims.sarif, the claims that did not pass as results of SARIF 2.1.0",
        "person",
        choices=("off", "on"),
    ),
    Setting(
        "run", "cache_dir", str, None, "Folder of models, traces and evidence (default: the user's cache)", "person"
    ),
    Setting(
        "run",
        "dtype",
        str,
        "float32",
        "Number format of the model",
        "person",
        choices=("float32", "bfloat16", "float16"),
    ),
    Setting("run", "device", str, "cpu", "Device of the model, as torch names it; auto: over all there are", "person"),
    Setting("run", "batch_size", int, 128, "Texts written side by side", "person", minimum=1),
    Setting(
        "run",
        "inconclusive",
        str,
        "fail",
        "What pytest makes of an inconclusive claim",
        "person",
        choices=("fail", "skip", "xfail"),
    ),
    Setting(
        "run",
        "vacuous",
        str,
        "warn",
        "What becomes of a claim that holds, and would also hold with prompts dealt to concepts at random;"
        " off: do not look",
        "person",
        choices=("warn", "fail", "off"),
    ),
    Setting(
        "run",
        "salmon",
        str,
        "off",
        "Also test every claim on a twin of the model with random weights",
        "person",
        choices=("off", "on"),
    ),
    # What becomes of claims when the model changes.
    Setting(
        "run",
        "record",
        str,
        None,
        "Folder that a reference is written to, if the whole suite was run: later runs are held against it",
        "person",
    ),
    Setting(
        "run",
        "floor",
        str,
        "batch,threads,seed",
        "With what the same model is traced once more for a reference's noise floor, separated by commas: batch (other"
        " batches), threads (one alone, or two), seed (other texts); or none",
        "person",
    ),
    Setting(
        "run",
        "against",
        str,
        None,
        "Reference that the run is held against: its folder, or git:REVISION:FOLDER",
        "person",
    ),
    Setting(
        "run",
        "against_texts",
        str,
        "same",
        "same: the model reads the reference's texts, so that both have the same words; own: it writes its own",
        "person",
        choices=("same", "own"),
    ),
    Setting(
        "run",
        "against_neurons",
        str,
        "number",
        "Which neuron is one that the reference names or found: the one of the same number; or match: the one that does"
        " what it did, in whatever layer",
        "person",
        choices=("number", "match"),
    ),
    Setting(
        "run",
        "margin",
        str,
        "50%",
        "What may be lost of an effect since the reference: a share of it, or an amount in its unit",
        "person",
    ),
    Setting(
        "run",
        "gate",
        str,
        "weakened,lost",
        "What fails against a reference, separated by commas: weakened, lost, undecided, incomparable; or none",
        "person",
    ),
    Setting(
        "run",
        "gate_bar",
        str,
        "warn",
        "What becomes of a run whose suite asks less than it did when the reference was recorded; off: do not look",
        "person",
        choices=("warn", "fail", "off"),
    ),
)

BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}
SECTIONS: tuple[str, ...] = ("trace", "neurons", "statistics")


def section(name: str) -> tuple[Setting, ...]:
    """The settings of one section, in the order in which they are declared."""
    return tuple(setting for setting in SETTINGS if setting.section == name)


def resolve(name: str, layers: Sequence[Mapping[str, Value]]) -> Value:
    """The value of a setting: the first layer that says it, else the default.

    Parameters
    ----------
    name : str
        The setting's name.
    layers : sequence of mappings from setting name to value
        Strongest first (command line, ini, claim, file, suite). None in a layer means "not said there".
    """
    for layer in layers:
        value = layer.get(name)
        if value is not None:
            return value
    return BY_NAME[name].default


def from_environment(environ: Mapping[str, str] | None = None) -> dict[str, Value]:
    """Settings of level ``person`` said by environment variables (``NEURONTEST_CACHE_DIR``).

    Raises
    ------
    ValueError
        If a variable holds no valid value.
    """
    environ = os.environ if environ is None else environ
    return {
        setting.name: setting.parse(environ[setting.environment])
        for setting in SETTINGS
        if setting.level == "person" and environ.get(setting.environment)
    }
