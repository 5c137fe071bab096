"""What set neurons write, by hand; random sets that are held to the same; control tokens beside words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurontest.errors import TraceError
from neurontest.trace.models.named import from_transformers
from neurontest.trace.passes.text import Text
from neurontest.trace.scoring import Scorer
from neurontest.trace.sites.find import Site, find_sites
from neurontest.trace.sites.intervene import MOST, Forced
from neurontest.trace.sites.writes import Writes
from neurontest.trace.texts.controls import CONTROLS, Controls
from neurontest.trace.texts.score import Scores, likelihoods
from neurontest.types import Generation, WriteRequest, silent
from tests import tiny

SITES = ("mlp", "attention", "residual")
TEXTS = [Text((0, 5, 9, 30), (7, 8, 21)), Text((0, 44), (100, 3)), Text((0, 12, 13, 14, 15, 16), (90, 91, 92, 93, 2))]


def columns_of(site: Site, layer: int) -> Any:
    """Directions [neuron, hidden] by hand."""
    import torch

    if site.name == "residual":
        return torch.eye(site.width)
    module = site.modules[layer]
    return module.weight.T if type(module) is torch.nn.Linear else module.weight


def written_by_hand(model: Any, site: Site, text: Text, columns: tuple[int, ...], values: tuple[float, ...]) -> Any:
    """Norms [layer, position] of what setting the columns writes to one text, from the last token of its prompt on."""
    import torch

    first = len(text.prompt) - 1
    found: dict[int, Any] = {}

    def set_in(layer: int, value: Any) -> Any:
        value = value.clone()
        own = [at for at, column in enumerate(columns) if column // site.width == layer]
        if not own:
            return value
        inside = [columns[at] % site.width for at in own]
        change = torch.tensor([values[at] for at in own]) - value[0, first:, inside]
        found[layer] = (change @ columns_of(site, layer)[inside]).norm(dim=1)
        value[0, first:, inside] += change
        return value

    handles = []
    for layer, module in enumerate(site.modules):
        if site.read == "input":
            handles.append(module.register_forward_pre_hook(lambda _, args, at=layer: (set_in(at, args[0]),)))
        else:
            handles.append(
                module.register_forward_hook(
                    lambda _, args, out, at=layer: (
                        (set_in(at, out[0]), *out[1:]) if isinstance(out, tuple) else set_in(at, out)
                    )
                )
            )
    try:
        with torch.inference_mode():
            model(input_ids=torch.tensor([(*text.prompt, *text.after)]), use_cache=False)
    finally:
        for handle in handles:
            handle.remove()
    return torch.stack([found[layer] for layer in sorted(found)]).numpy()


def measured(model: Any, site: Site, forced: list[list[Forced]], **settings: Any) -> Scores:
    return likelihoods(model, site, TEXTS, forced, equal_write=Writes(site), **settings)


@pytest.mark.parametrize("name", SITES)
def test_what_a_set_writes(pair: tuple[Any, Any], name: str) -> None:
    model, _ = pair
    (site,) = find_sites(model, (name,))
    columns, values = (site.width + 3, 2 * site.width, 2 * site.width + 7), (1.0, -2.0, 0.5)
    found = measured(model, site, [[(columns, values)] * len(TEXTS)])
    wanted = [written_by_hand(model, site, text, columns, values).sum(axis=0).mean() for text in TEXTS]
    assert found.write[1] == pytest.approx(wanted, rel=1e-4)
    assert (found.write[0] == 0).all()
    # It is set to its values themselves, whether its write is measured or not.
    plain = likelihoods(model, site, TEXTS, [[(columns, values)] * len(TEXTS)])
    assert found.likelihood == pytest.approx(plain.likelihood, rel=1e-5)
    assert (plain.write == 0).all()


@pytest.mark.parametrize("name", SITES)
@pytest.mark.parametrize("resume", [True, False])
def test_other_sets_write_as_much(pair: tuple[Any, Any], name: str, resume: bool) -> None:
    model, _ = pair
    (site,) = find_sites(model, (name,))
    columns, others = (site.width + 3, 2 * site.width), (site.width + 9, 2 * site.width + 1)
    forced: list[list[Forced]] = [
        [(columns, (1.0, -0.5))] * len(TEXTS),
        # Too much, and too little, but for the cap.
        [(others, (30.0, -30.0))] * len(TEXTS),
        [(others, (0.8, -0.6))] * len(TEXTS),
    ]
    found = measured(model, site, forced, resume=resume)
    assert found.write[2] == pytest.approx(found.write[1], rel=1e-4)
    assert (found.write[3] <= found.write[1] * (1 + 1e-4)).all()
    plain = likelihoods(model, site, TEXTS, forced, resume=resume)
    assert found.likelihood[1] == pytest.approx(plain.likelihood[1], rel=1e-5)
    assert (np.abs(found.likelihood[2] - plain.likelihood[2]) > 1e-3).all()


@pytest.mark.parametrize("name", SITES)
def test_position_by_position_and_layer_by_layer(llama: tuple[Any, Any], name: str) -> None:
    """The same number for all of a layer's neurons, another one at each position: what it makes is read by hooks."""
    import torch

    from neurontest.trace.sites.intervene import SiteForcer

    model, _ = llama
    (site,) = find_sites(model, (name,))
    ids = torch.tensor([[0, 5, 9, 30, 7, 8, 21]])
    steps = torch.zeros(ids.shape, dtype=torch.bool)
    steps[:, 3:] = True
    own = ((site.width + 3, site.width + 4, 2 * site.width), (1.0, 0.4, -0.5))
    other = ((site.width + 9, site.width + 10, 2 * site.width + 1), (20.0, -30.0, 90.0))
    seen: list[Any] = []

    def look(_: Any, args: Any, output: Any = None) -> None:
        value = args[0] if output is None else output
        seen.append((value[0] if isinstance(value, tuple) else value).clone())

    def run() -> None:
        # Behind the hooks that set neurons: what the next module sees.
        attach = site.modules[1].register_forward_hook if site.read == "output" else None
        handle = (attach or site.modules[1].register_forward_pre_hook)(look)
        model(input_ids=ids, use_cache=False)
        handle.remove()

    with torch.inference_mode():
        run()
        with SiteForcer(site, [own], steps, Writes(site)) as first:
            run()
        with SiteForcer(site, [other], steps, Writes(site), first.written) as held:
            run()
    assert set(first.written) == set(held.written) == {1, 2}
    for layer, wanted in first.written.items():
        assert (wanted[:, :3] == 0).all()
        assert held.written[layer].numpy() == pytest.approx(wanted.numpy(), rel=1e-4)
        assert len(set(wanted[0, 3:].tolist())) == 4
    # In the first layer nothing has changed before: both changes, as they came about, write the same.
    by_hand = [((one - seen[0])[0] @ columns_of(site, 1)).norm(dim=1).detach().numpy() for one in seen[1:]]
    assert by_hand[0] == pytest.approx(first.written[1][0].numpy(), rel=1e-4)
    assert by_hand[1] == pytest.approx(by_hand[0], rel=1e-4)


def test_a_change_is_multiplied_up_to_a_cap(llama: tuple[Any, Any]) -> None:
    model, _ = llama
    (site,) = find_sites(model, ("residual",))
    at = 2 * site.width
    forced: list[list[Forced]] = [[((at,), (1e5,))] * 3, [((at + 1,), (5.0,))] * 3]
    found = measured(model, site, forced)
    # Without being held to anything it writes so much itself.
    alone = measured(model, site, [forced[1]])
    assert found.write[2] == pytest.approx(MOST * alone.write[1], rel=1e-4)
    assert (found.write[2] < 0.95 * found.write[1]).all()


def test_passes_of_any_size_are_held_to_the_same(pair: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from neurontest.trace.texts import score

    model, _ = pair
    (site,) = find_sites(model, ("mlp",))
    forced: list[list[Forced]] = [[((2 * site.width + at,), (1.0 + at,))] * len(TEXTS) for at in range(4)]
    whole = measured(model, site, forced)
    head = model.get_output_embeddings().weight.shape[0]
    monkeypatch.setattr(score, "_LOGITS", head)
    monkeypatch.setattr(score, "_LOGITS_FIRST", head)
    parts = measured(model, site, forced)
    for name in ("likelihood", "change", "write"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name), rel=1e-4, abs=1e-7)


def test_the_change_of_tokens(llama: tuple[Any, Any]) -> None:
    model, _ = llama
    (site,) = find_sites(model, ("residual",))
    text = Text((0, 5), (7,))
    found = likelihoods(model, site, [text], [[((2 * site.width,), (9.0,))]])
    moved = found.likelihood[1, 0] - found.likelihood[0, 0]
    assert found.change[:, 0] == pytest.approx([0.0, moved**2], rel=1e-5)


@pytest.mark.parametrize("name", SITES)
@pytest.mark.parametrize("architecture", tiny.ARCHITECTURES)
def test_lengths_of_directions(architecture: str, name: str, tmp_path: Path) -> None:
    model, tokens = tiny.build(architecture)
    (site,) = find_sites(model, (name,))
    scorer = Scorer(from_transformers(model, tokens), cache_dir=tmp_path, continuations=lambda *_: [], progress=silent)
    found = scorer.scores(WriteRequest((), Generation(), name, "generated"))
    wanted = [columns_of(site, layer).norm(dim=1).detach().numpy() for layer in range(site.layers)]
    assert (found.layers, found.width) == (1, site.layers * site.width)
    assert found.values[0] == pytest.approx(np.concatenate(wanted), rel=1e-5)


def test_directions_of_a_projection_that_is_wrapped(llama: tuple[Any, Any]) -> None:
    """As an adapter wraps one: its columns are told by what it makes of one neuron at a time."""
    import torch

    class Wrapped(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner, self.in_features, self.out_features = inner, inner.in_features, inner.out_features

        def forward(self, value: Any) -> Any:
            return 2 * self.inner(value) + 1

    model, _ = tiny.build("llama")
    (site,) = find_sites(model, ("mlp",))
    wrapped = Site(site.name, site.read, site.width, tuple(map(Wrapped, site.modules)))
    assert Writes(wrapped).norms() == pytest.approx(2 * Writes(site).norms(), rel=1e-4)


def test_a_gate_has_no_write_of_its_own(llama: tuple[Any, Any]) -> None:
    (gate,) = find_sites(llama[0], ("mlp_gate",))
    with pytest.raises(TraceError, match=r"hangs on what it gates.*use site: mlp"):
        Writes(gate)


def test_control_tokens_were_about_as_likely() -> None:
    import torch

    rng = np.random.default_rng(0)
    likely = torch.from_numpy(rng.normal(-10, 3, 5000).astype(np.float32)).log_softmax(0)
    firsts = (7, 400)
    found = Controls.like(firsts, likely)
    assert len(found.tokens) == len(set(found.tokens.tolist())) == CONTROLS
    assert not set(firsts) & set(found.tokens.tolist())
    for half, first in zip(found.tokens.split(CONTROLS // 2), firsts, strict=True):
        apart = np.sort(np.abs(likely.numpy() - float(likely[first])))
        assert float((likely[half] - likely[first]).abs().max()) <= apart[CONTROLS + 2]
    moved = torch.from_numpy(rng.normal(0, 1, 5000).astype(np.float32))
    of_firsts, mean, variance = found.measure(likely + moved)
    rises = moved[found.tokens].numpy().astype(float)
    assert of_firsts == pytest.approx(float((likely + moved)[list(firsts)].mean()), rel=1e-5)
    assert (mean, variance) == pytest.approx((rises.mean(), rises.var()), rel=1e-4)
    # A vocabulary of few words lends what it has; what cannot come is no control.
    small = torch.tensor([-1.0, -2.0, -torch.inf, -3.0])
    assert sorted(Controls.like((0,), small).tokens.tolist()) == [1, 3]
