"""Tiny models with random weights and a byte-level tokenizer, made without any download.

They write nonsense, but write it the way a real model does: with attention over the prompt, a cache, grouped queries
and an end-of-text token. ``build`` gives a transformers pair, ``save`` a folder that ``resolve`` accepts.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from neurontest.trace.prompts.encoding import Encoded
from neurontest.trace.prompts.encoding import encode as encode_all
from neurontest.types import Generation

ARCHITECTURES = ("llama", "gpt2", "neox")
LAYERS, HIDDEN, WIDTH, CONTEXT = 3, 32, 48, 96
BOS, EOS = "<s>", "</s>"
CHAT_TEMPLATE = (
    "{% for message in messages %}[{{ message['role'] }}] {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}[assistant] {% endif %}"
)


def tokenizer() -> Any:
    """Bytes, a few merged words, ``<s>`` before every text, ``</s>`` as end of text and as padding."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocab = {BOS: 0, EOS: 1} | {letter: 2 + i for i, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    backend = Tokenizer(models.BPE(vocab=vocab, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.post_processor = processors.TemplateProcessing(single=f"{BOS} $A", special_tokens=[(BOS, 0)])
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token=BOS, eos_token=EOS, pad_token=EOS, chat_template=CHAT_TEMPLATE
    )


def build(architecture: str = "llama", *, layers: int = LAYERS, seed: int = 0) -> tuple[Any, Any]:
    """A model in evaluation mode and its tokenizer; the caller's random state is left alone."""
    import torch
    import transformers

    tokens: Any = tokenizer()
    # A spread of weights at which activations differ between prompts and a text ends now and then.
    common: dict[str, Any] = {"vocab_size": len(tokens), "bos_token_id": 0, "eos_token_id": 1, "initializer_range": 0.3}
    config: Any
    if architecture == "llama":
        config = transformers.LlamaConfig(
            hidden_size=HIDDEN,
            intermediate_size=WIDTH,
            num_hidden_layers=layers,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=CONTEXT,
            tie_word_embeddings=True,
            **common,
        )
    elif architecture == "gpt2":
        config = transformers.GPT2Config(
            n_embd=HIDDEN, n_inner=WIDTH, n_layer=layers, n_head=4, n_positions=CONTEXT, **common
        )
    else:
        config = transformers.GPTNeoXConfig(
            hidden_size=HIDDEN,
            intermediate_size=WIDTH,
            num_hidden_layers=layers,
            num_attention_heads=4,
            max_position_embeddings=CONTEXT,
            **common,
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation="sdpa")
    return model.eval(), tokens


def encoded(tokens: Any, prompt: str, generation: Generation, config: Any = None) -> Encoded:
    """What a prompt becomes."""
    now = datetime(2026, 3, 4, 15, 6, 7)
    return encode_all(tokens, (prompt,), generation.format, config=config, now=now)[prompt]


def encode(tokens: Any, prompt: str, generation: Generation) -> tuple[int, ...]:
    """Tokens of a prompt."""
    return encoded(tokens, prompt, generation).ids


def save(folder: Path, architecture: str = "llama", *, layers: int = LAYERS, seed: int = 0) -> Path:
    """Write a model folder with safetensors and return it."""
    from neurontest.trace.quiet import quiet

    model, tokens = build(architecture, layers=layers, seed=seed)
    with quiet():
        model.save_pretrained(folder)
        tokens.save_pretrained(folder)
    return folder
