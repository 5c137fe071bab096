"""Causal models that keep nothing between their passes: they are written with a whole pass for every token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurontest.trace.models.named import from_transformers
from tests import tiny
from tests.trace.models.test_loading import traced


def _plain(base: Any) -> Any:
    class Plain(base):  # type: ignore[misc]
        """Takes no cache, and says nothing of one."""

        def forward(self, input_ids: Any, attention_mask: Any = None, position_ids: Any = None) -> Any:
            return super().forward(
                input_ids=input_ids, attention_mask=attention_mask, position_ids=position_ids, use_cache=False
            )

    return Plain


def _deaf(base: Any) -> Any:
    class Deaf(base):  # type: ignore[misc]
        """Takes a cache like all others, and leaves it alone."""

        def forward(self, input_ids: Any, past_key_values: Any = None, use_cache: Any = None, **said: Any) -> Any:
            return super().forward(input_ids=input_ids, use_cache=False, **said)

    return Deaf


def _polite(base: Any) -> Any:
    class Polite(base):  # type: ignore[misc]
        """Gives back the cache that it was handed, as empty as it was."""

        def forward(self, input_ids: Any, past_key_values: Any = None, use_cache: Any = None, **said: Any) -> Any:
            output = super().forward(input_ids=input_ids, use_cache=False, **said)
            output.past_key_values = past_key_values
            return output

    return Polite


@pytest.mark.parametrize("make", [_plain, _deaf, _polite])
def test_a_model_without_a_cache_is_written_with_whole_passes(make: Any, tmp_path: Path) -> None:
    import transformers

    model, tokenizer = tiny.build()
    other = make(transformers.LlamaForCausalLM)(model.config).eval()
    other.load_state_dict(model.state_dict())
    for positions in ("generated", "prompt"):
        one = traced(from_transformers(model, tokenizer), tmp_path / "one", positions)
        two = traced(from_transformers(other, tokenizer), tmp_path / "two", positions)
        for a, b in zip(one, two, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


def test_how_likely_a_text_is_after_a_prompt_can_be_had_of_it() -> None:
    import transformers

    from neurontest.trace.passes.text import Text
    from neurontest.trace.sites.find import find_sites
    from neurontest.trace.texts.score import likelihoods

    model, _ = tiny.build()
    other = _plain(transformers.LlamaForCausalLM)(model.config).eval()
    other.load_state_dict(model.state_dict())
    texts = [Text((5, 6, 7), (8, 9)), Text((5, 6), (7,))]
    forced = [[((tiny.WIDTH + 3,), (2.0,))] * 2]
    one, two = (likelihoods(each, find_sites(each, ("mlp",))[0], texts, forced).likelihood for each in (model, other))
    np.testing.assert_allclose(one, two, rtol=1e-4)
