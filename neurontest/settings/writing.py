"""Settings: what the model writes, and so what is traced."""

from __future__ import annotations

from neurontest.settings.setting import Setting

WRITING: tuple[Setting, ...] = (
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
)
