"""Ways to write texts and read every block's output meanwhile: ours, others', and none that reads at all.

Each takes the same prompts, in one batch unless said otherwise, samples with the settings of the default suite and
writes as many tokens; no text ends early. Peers are those of the extra ``bench``.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs

from neurontest.settings import from_environment
from neurontest.trace.models import builtin
from neurontest.trace.models.named import model_named
from neurontest.trace.passes.packed_weights import packed
from neurontest.trace.quiet import quiet
from neurontest.trace.sites.find import find_sites
from neurontest.trace.texts.write import Row, batches, end_of_text, write
from neurontest.types import Generation, silent
from tests.tiny import encode

PROMPTS = Path(__file__).parents[2] / "concept_specs" / "prompts"
CACHE = Path(str(from_environment().get("cache_dir") or platformdirs.user_cache_dir("neurontest")))


@dataclass(frozen=True)
class Work:
    """Texts to write: `prompts` prompts, `samples` of each, `tokens` long."""

    prompts: int
    samples: int
    tokens: int
    dtype: str = "float32"

    @property
    def generation(self) -> Generation:
        return Generation(max_new_tokens=self.tokens, samples=self.samples)

    def rows(self, tokenizer: Any) -> list[Row]:
        texts = _lines()[:: max(1, len(_lines()) // self.prompts)][: self.prompts]
        assert len(texts) == self.prompts
        return [
            Row(text, sample, encode(tokenizer, text, self.generation))
            for text in texts
            for sample in range(self.samples)
        ]


#: The model whose forward passes are timed, and what writes the texts and says how many tokens it wrote.
Way = tuple[Any, Callable[[], int]]


@cache
def _lines() -> list[str]:
    files = sorted(PROMPTS.glob("*.txt"))
    return [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def fresh(dtype: str) -> tuple[Any, Any]:
    """The built-in model and its tokenizer, neither of which knows an end of text."""
    handle = model_named(builtin.NAME, cache_dir=CACHE, dtype=dtype, device="cpu", suite_folder=None, progress=silent)
    model, tokenizer = handle.load()
    for source in (model.generation_config, model.config.get_text_config(decoder=True)):
        source.eos_token_id = None
    tokenizer.eos_token = None
    assert not end_of_text(model, tokenizer)
    return model, tokenizer


loaded = cache(fresh)


def _sampling(work: Work) -> dict[str, Any]:
    generation = work.generation
    return {
        "do_sample": True,
        "top_k": generation.top_k,
        "temperature": generation.temperature,
        "max_new_tokens": work.tokens,
    }


def _padded(work: Work, tokenizer: Any) -> Any:
    rows = {"input_ids": [list(row.ids) for row in work.rows(tokenizer)]}
    return tokenizer.pad(rows, return_tensors="pt", padding_side="left")


def bare(work: Work) -> Way:
    """transformers' ``generate``, which reads nothing."""
    model, tokenizer = loaded(work.dtype)
    inputs = _padded(work, tokenizer)

    def call() -> int:
        with quiet():
            written = model.generate(**inputs, **_sampling(work))
        return len(written) * int(written.shape[1] - inputs["input_ids"].shape[1])

    return model, call


def _traced(work: Work, names: tuple[str, ...]) -> Way:
    model, tokenizer = loaded(work.dtype)
    rows, sites = work.rows(tokenizer), find_sites(model, names)

    def call() -> int:
        # Packing belongs to it: a run pays for it once.
        with quiet(), packed(model):
            (batch,) = batches(rows, len(rows))
            texts = write(model, tokenizer, batch, work.generation, sites, ("generated", "last"))
        return sum(len(text.ids) for text in texts)

    return model, call


def traced(work: Work) -> Way:
    """Ours, every block's output."""
    return _traced(work, ("residual",))


def traced_both(work: Work) -> Way:
    """Ours, and every MLP's neurons as well."""
    return _traced(work, ("mlp", "residual"))


@cache
def _language_model(dtype: str) -> Any:
    from nnsight import LanguageModel

    # It puts another forward method into every module, which would keep `packed` from its work: a model of its own.
    model, tokenizer = fresh(dtype)
    with warnings.catch_warnings(action="ignore"):
        return model, LanguageModel(model, tokenizer=tokenizer)


def nnsight(work: Work) -> Way:
    """nnsight's ``LanguageModel.generate``, saving the blocks' last positions of every step."""
    model, traceable = _language_model(work.dtype)
    inputs = dict(_padded(work, loaded(work.dtype)[1]))

    def call() -> int:
        with quiet(), warnings.catch_warnings(action="ignore"):  # noqa: SIM117 - nnsight reads the source of its own
            with traceable.generate(inputs, **_sampling(work)) as tracer:
                read: Any = []
                read = read.save()
                with tracer.all():
                    for block in traceable.model.layers:
                        read.append(block.output[:, -1])
        assert len(read) == work.tokens * model.config.num_hidden_layers
        return sum(len(step) for step in read) // int(model.config.num_hidden_layers)

    return model, call


@cache
def _bridge(dtype: str) -> Any:
    import torch
    from transformer_lens.model_bridge import TransformerBridge

    # The bridge puts wrappers into the model that it is given, so that it gets one of its own.
    model, tokenizer = fresh(dtype)
    folder = str(model.name_or_path)
    return model, TransformerBridge.boot_transformers(
        folder, hf_model=model, tokenizer=tokenizer, dtype=getattr(torch, dtype), device="cpu"
    )


def transformer_lens(work: Work) -> Way:
    """TransformerLens's ``TransformerBridge``: the texts are generated, then run through once more with a cache."""
    with quiet():
        model, bridge = _bridge(work.dtype)
    inputs = _padded(work, loaded(work.dtype)[1])
    sampling = {key: value for key, value in _sampling(work).items() if key != "do_sample"}

    def call() -> int:
        import torch

        with quiet():
            written = bridge.generate(
                inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                stop_at_eos=False,
                verbose=False,
                return_type="tokens",
                **sampling,
            )
            new = written.shape[1] - inputs["input_ids"].shape[1]
            mask = torch.cat([inputs["attention_mask"], torch.ones(len(written), new, dtype=torch.int64)], dim=1)
            _, read = bridge.run_with_cache(
                written,
                attention_mask=mask,
                names_filter=lambda name: re.fullmatch(r"blocks\.\d+\.hook_out", name),
            )
        assert len(read) == model.config.num_hidden_layers
        return len(written) * int(new)

    return model, call


def write_up(work: Work) -> Way:
    """The write-up's: a prompt at a time, the whole text in every pass, and a list of numbers per neuron."""
    model, tokenizer = loaded(work.dtype)
    rows, generation = work.rows(tokenizer)[:: max(1, work.prompts // 3)][:3], work.generation

    def call() -> int:
        import torch

        blocks, width = list(model.model.layers), model.config.hidden_size
        tokens = 0
        for row in rows:
            record = [[[] for _ in range(width)] for _ in blocks]  # type: list[list[list[float]]]

            def hook(layer: int, record: list[list[list[float]]] = record) -> Callable[..., None]:
                def read(module: Any, args: Any, output: Any) -> None:
                    for neuron, value in enumerate(output[0, -1].tolist()):
                        record[layer][neuron].append(value)

                return read

            handles = [block.register_forward_hook(hook(layer)) for layer, block in enumerate(blocks)]
            try:
                ids = torch.tensor([list(row.ids)])
                with torch.no_grad():
                    for _ in range(work.tokens):
                        logits = model(input_ids=ids, use_cache=False).logits[:, -1] / generation.temperature
                        least = logits.topk(generation.top_k).values[:, -1:]
                        weights = logits.masked_fill(logits < least, -float("inf")).softmax(dim=-1)
                        ids = torch.cat([ids, torch.multinomial(weights, 1)], dim=1)
            finally:
                for handle in handles:
                    handle.remove()
            means = [[sum(values) / len(values) for values in layer] for layer in record]
            tokens += len(record[0][0]) if means else 0
        return tokens

    return model, call
