"""Models as people have them in folders: with another head, without one, and with eyes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurontest.trace.architecture import attention_of
from neurontest.trace.engine import Tracer
from neurontest.trace.models.named import from_transformers, model_named
from neurontest.types import Generation, ModelHandle, TraceGroup, TracePlan, TraceRequest, silent
from tests import tiny

_TEXT: dict[str, Any] = {
    "vocab_size": 258,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 1,
    "initializer_range": 0.3,
    "hidden_size": tiny.HIDDEN,
    "intermediate_size": tiny.WIDTH,
    "num_hidden_layers": tiny.LAYERS,
    "num_attention_heads": 4,
    "max_position_embeddings": tiny.CONTEXT,
}
_GROUPED = _TEXT | {"num_key_value_heads": 2, "head_dim": 8}
#: As many blocks as those of the part that reads text, so that these two must be told apart.
_EYES = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": tiny.LAYERS, "num_attention_heads": 4}
_EYES |= {"image_size": 16, "patch_size": 8}
_ROTARY = {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10_000.0}


def _llava(hf: Any) -> Any:
    return hf.LlavaConfig(
        text_config=hf.LlamaConfig(**_GROUPED), vision_config=hf.CLIPVisionConfig(**_EYES), image_token_index=257
    )


def _gemma3(hf: Any) -> Any:
    text = hf.Gemma3TextConfig(**_GROUPED, query_pre_attn_scalar=8, sliding_window=8)
    return hf.Gemma3Config(
        text_config=text, vision_config=hf.SiglipVisionConfig(**_EYES), image_token_index=257, mm_tokens_per_image=4
    )


def _qwen2_vl(hf: Any) -> Any:
    eyes = {"depth": tiny.LAYERS, "embed_dim": 32, "hidden_size": 32, "num_heads": 4, "patch_size": 4}
    return hf.Qwen2VLConfig(
        text_config=_GROUPED | {"rope_scaling": _ROTARY}, vision_config=eyes, image_token_id=257, video_token_id=256
    )


EYES: dict[str, Callable[[Any], Any]] = {"llava": _llava, "gemma3": _gemma3, "qwen2-vl": _qwen2_vl}
#: Class, configuration, and what else it says.
HEADS = {
    "llama-classifies": ("LlamaForSequenceClassification", "LlamaConfig"),
    "llama-tags": ("LlamaForTokenClassification", "LlamaConfig"),
    "llama-without": ("LlamaModel", "LlamaConfig"),
    "neox-answers": ("GPTNeoXForQuestionAnswering", "GPTNeoXConfig"),
    "bert-classifies": ("BertForSequenceClassification", "BertConfig"),
    "bert-without": ("BertModel", "BertConfig"),
}


def saved(model: Any, folder: Path) -> Any:
    from neurontest.trace.quiet import quiet

    with quiet():
        model.save_pretrained(folder)
        tiny.tokenizer().save_pretrained(folder)
    return model.eval()


def built(build: Callable[[Any], Any]) -> Any:
    import torch
    import transformers

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build(transformers)


def in_folder(folder: Path, cache: Path) -> ModelHandle:
    return model_named(str(folder), cache_dir=cache, dtype="float32", device="cpu", suite_folder=None, progress=silent)


def traced(handle: ModelHandle, cache: Path, positions: str) -> list[Any]:
    settings = Generation(max_new_tokens=4, samples=1, temperature=0.9, top_k=50, seed=0, format="plain")
    prompts, sites = ("Hanoi", "tulips are red"), ("attention", "mlp", "residual")
    tracer = Tracer(handle, cache_dir=cache, batch_size=2, progress=silent)
    tracer.ensure(TracePlan((TraceGroup(settings, prompts, sites, (positions,)),)))
    return [tracer.activations(TraceRequest(prompts, settings, site, positions)).values for site in sites]


@pytest.mark.parametrize("name", EYES)
def test_a_model_with_eyes_is_read_from_a_folder_as_it_is_in_memory(name: str, tmp_path: Path) -> None:
    model = saved(built(lambda hf: hf.AutoModelForImageTextToText.from_config(EYES[name](hf))), tmp_path / "model")
    found = in_folder(tmp_path / "model", tmp_path)
    assert type(found.load()[0]) is type(model)
    for positions in ("generated", "prompt"):
        one = traced(found, tmp_path / "one", positions)
        two = traced(from_transformers(model, tiny.tokenizer()), tmp_path / "two", positions)
        assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("name", HEADS)
def test_a_head_that_foretells_no_tokens_is_no_obstacle_to_reading_prompts(name: str, tmp_path: Path) -> None:
    of, config = HEADS[name]
    said = _GROUPED if config == "LlamaConfig" else _TEXT
    model = saved(built(lambda hf: getattr(hf, of)(getattr(hf, config)(**said))), tmp_path / "model")
    one = traced(in_folder(tmp_path / "model", tmp_path), tmp_path / "one", "prompt")
    two = traced(from_transformers(model, tiny.tokenizer()), tmp_path / "two", "prompt")
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_a_part_that_reads_text_without_sdpa_is_loaded_without_it(tmp_path: Path) -> None:
    for config, expected in (
        ({"model_type": "llava", "text_config": {"model_type": "gptj"}}, "eager"),
        ({"model_type": "llava", "text_config": {"model_type": "llama"}}, "sdpa"),
        ({"model_type": "llava", "text_config": None}, "sdpa"),
        ({"model_type": "gptj"}, "eager"),
        ({"model_type": ["gptj"]}, "sdpa"),
        ([], "sdpa"),
    ):
        (tmp_path / "config.json").write_text(json.dumps(config))
        assert attention_of(tmp_path) == expected
