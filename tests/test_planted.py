"""The planted models are what they are said to be: checked on their activations, without the rest of the program."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from neurontest.arrays import Floats
from neurontest.trace.sites.find import find_sites
from neurontest.trace.sites.read import SiteReader
from tests.planted import (
    ARCHITECTURES,
    BLOCKS,
    CONCEPTS,
    HIDDEN,
    MASSIVE,
    NEUTRAL,
    SITES,
    TEMPLATES,
    WIDTH,
    Neurons,
    Planted,
    build,
    prompts,
)

SIZES = {"residual": HIDDEN, "mlp": WIDTH}


@pytest.fixture(scope="module", params=ARCHITECTURES)
def planted(request: pytest.FixtureRequest) -> Planted:
    return build(request.param)


def at_the_end(planted: Planted, texts: Sequence[str], site: str) -> Floats:
    """Activations [text, layer, index] at the last word of texts of one length."""
    import torch

    found = find_sites(planted.model, [site])
    ids = torch.tensor([planted.tokenizer(text)["input_ids"] for text in texts])
    with torch.inference_mode(), SiteReader(found, len(texts), torch.device("cpu")) as reader:
        planted.model(ids)
        reader.end_step(torch.ones(len(texts), dtype=torch.bool))
    return reader.result("last")[0].reshape(len(texts), BLOCKS, -1).astype(np.float64)


def of(values: Floats, neurons: Neurons) -> Floats:
    """Values [text, neuron] of some neurons."""
    layers, indices = zip(*sorted(neurons), strict=True)
    picked: Floats = values[:, layers, indices]
    return picked


@pytest.mark.parametrize("site", SITES)
def test_a_concepts_neurons_respond_to_its_words_and_no_others_do(planted: Planted, site: str) -> None:
    neutral = at_the_end(planted, prompts(None, 20, seed=0), site)
    about = {name: at_the_end(planted, prompts(name, 20, seed=1), site) for name in CONCEPTS}
    for name, values in about.items():
        rise = values.mean(axis=0) - neutral.mean(axis=0)
        own = planted.concepts[site][name]
        assert of(rise[None], own).min() > 1.0
        strangers = frozenset().union(*planted.concepts[site].values()) - own
        assert abs(of(rise[None], strangers)).max() < 0.3


@pytest.mark.parametrize("site", SITES)
def test_words_differ_in_strength(planted: Planted, site: str) -> None:
    for name, words in CONCEPTS.items():
        values = of(at_the_end(planted, words, site), planted.concepts[site][name])
        assert (values.std(axis=0) > 0.3 * values.mean(axis=0)).all()


@pytest.mark.parametrize("site", SITES)
def test_what_is_shared_is_known(planted: Planted, site: str) -> None:
    truth = planted.concepts[site]
    assert all(len(own) == 8 for own in truth.values())
    assert len(truth["hanoi"] & truth["vietnam"]) == 4
    alone = [name for name in CONCEPTS if name != "vietnam"]
    assert not any(truth[a] & truth[b] for a in alone for b in alone if a != b)
    others = (planted.massive[site], planted.hubs[site], planted.template[site], planted.decoys[site])
    groups = [frozenset().union(*truth.values()), *others]
    assert sum(map(len, groups)) == len(frozenset().union(*groups))
    assert all(layer < BLOCKS and index < SIZES[site] for group in groups for layer, index in group)


@pytest.mark.parametrize("site", SITES)
def test_massive_dimensions_outweigh_all_else_whatever_the_text(planted: Planted, site: str) -> None:
    texts = ([*NEUTRAL, *CONCEPTS["hanoi"]], prompts("violent", 20, seed=0))
    values = np.concatenate([at_the_end(planted, own, site) for own in texts])
    massive = planted.massive[site]
    assert len(massive) == BLOCKS * len(MASSIVE)
    assert of(values, massive).min() > 50
    assert of(values, massive).max() < 320
    rest = np.ones(values.shape[1:], dtype=bool)
    rest[tuple(zip(*massive, strict=True))] = False
    assert abs(values[:, rest]).max() < 50


@pytest.mark.parametrize("site", SITES)
def test_hubs_respond_to_every_concepts_words_alike(planted: Planted, site: str) -> None:
    values = np.concatenate([of(at_the_end(planted, own, site), planted.hubs[site]) for own in CONCEPTS.values()])
    assert values.min() > of(at_the_end(planted, NEUTRAL, site), planted.hubs[site]).max() + 1
    assert (values.std(axis=0) < 0.2 * values.mean(axis=0)).all()


@pytest.mark.parametrize("site", SITES)
def test_template_neurons_respond_to_the_template(planted: Planted, site: str) -> None:
    values = of(at_the_end(planted, [f"{text} {NEUTRAL[0]}" for text in TEMPLATES], site), planted.template[site])
    assert values.min() > of(at_the_end(planted, NEUTRAL, site), planted.template[site]).max() + 1


@pytest.mark.parametrize("site", SITES)
def test_decoys_respond_to_some_neutral_words_and_to_no_concept(planted: Planted, site: str) -> None:
    neutral = of(at_the_end(planted, NEUTRAL, site), planted.decoys[site])
    assert neutral.std(axis=0).min() > 4
    for words in CONCEPTS.values():
        assert abs(of(at_the_end(planted, words, site), planted.decoys[site])).max() < 2


def test_a_concept_in_the_context_makes_its_words_likely(planted: Planted) -> None:
    import torch

    vocabulary = planted.tokenizer.get_vocab()
    for name, words in CONCEPTS.items():
        own = [vocabulary[word] for word in words]
        share = {}
        for about in (name, None):
            ids = torch.tensor([planted.tokenizer(text)["input_ids"] for text in prompts(about, 20, seed=2)])
            with torch.inference_mode():
                likely = planted.model(ids).logits[:, -1].softmax(dim=-1)
            share[about] = float(likely[:, own].sum(dim=-1).mean())
        assert share[name] > 0.15
        assert share[None] < 0.02


def test_the_same_seed_plants_the_same(planted: Planted) -> None:
    again = build(type(planted.model).__name__.removesuffix("LMHeadModel").removesuffix("ForCausalLM").lower())
    assert again.concepts == planted.concepts
    assert all((a == b).all() for a, b in zip(again.model.parameters(), planted.model.parameters(), strict=True))
