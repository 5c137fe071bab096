"""What a model cannot be traced at is told to the claims that ask for it, whoever else is asked, before or after."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from neurontest.errors import NeurontestError, TraceError
from neurontest.run import Run
from neurontest.spec.load import load_suite
from neurontest.trace.models.named import from_transformers
from neurontest.types import Evidence
from tests import tiny
from tests.architectures import ARCHITECTURES

CONCEPTS = ("tulip", "hanoi", "violent")
GOOD = "tulip overlaps hanoi more than violent"


def suite_in(folder: Path, files: Mapping[str, Any], neurons: Mapping[str, Any] = {}, **concepts: list[str]) -> Path:
    settings = {
        "neurontest": 1,
        "trace": {"max_new_tokens": 4, "samples": 1},
        "neurons": {"k": 4, **neurons},
        "statistics": {"test": "half-sample", "correction": "none", "m": 4},
        "baseline": {"prompts": [f"neutral {at}" for at in range(10)]},
        "concepts": {
            **{name: {"prompts": [f"{name} {at}" for at in range(8)]} for name in CONCEPTS},
            **{name: {"prompts": prompts} for name, prompts in concepts.items()},
        },
    }
    folder.mkdir(exist_ok=True)
    (folder / "suite.yaml").write_text(json.dumps(settings))
    for name, said in files.items():
        (folder / f"{name}.yaml").write_text(json.dumps(said))
    return folder


def found(folder: Path, pair: tuple[Any, Any], cache: Path, *order: str) -> dict[str, dict[str, Evidence] | str]:
    """Of each family its evidence or why it has none, asked for in this order by one run."""
    run = Run(load_suite(folder), from_transformers(*pair, name="tiny"), cache_dir=cache)
    families = {family.file.removesuffix(".yaml"): family for family in run.suite.families}
    out: dict[str, dict[str, Evidence] | str] = {}
    for name in order:
        try:
            out[name] = {one: finding.evidence for one, finding in run.findings(families[name]).items()}
            run.vacuity(families[name])
        except NeurontestError as error:
            out[name] = str(error)
    run.record(outcomes={})
    return out


def mixture() -> tuple[Any, Any]:
    return ARCHITECTURES["mixtral"].pair()


def bert() -> tuple[Any, Any]:
    return ARCHITECTURES["bert"].pair()


def broken_at(word: str) -> tuple[Any, Any]:
    """A model that one token makes give what is no number."""
    model, tokenizer = tiny.build()
    model.lm_head.weight = type(model.lm_head.weight)(model.lm_head.weight.detach().clone())
    (token,) = tokenizer(word, add_special_tokens=False)["input_ids"]
    model.model.embed_tokens.weight.data[token] = float("nan")
    return model, tokenizer


LONG = "word " * 30
CASES: dict[str, tuple[Any, dict[str, Any], dict[str, Any], str]] = {
    "a site that the architecture lacks": (
        mixture,
        {"claims": [{"id": "at-fault", "claim": GOOD, "neurons": {"site": "mlp"}}]},
        {},
        "mixture of experts",
    ),
    "an encoder asked to write": (
        bert,
        {"claims": [{"id": "at-fault", "claim": GOOD, "neurons": {"positions": "generated"}}]},
        {"neurons": {"positions": "prompt"}},
        "writes no text",
    ),
    "an encoder whose figures cannot be drawn": (
        bert,
        {"claims": [{"id": "at-fault", "claim": GOOD}]},
        {"good": {"positions": "prompt"}},
        "writes no text",
    ),
    "a prompt too long": (
        tiny.build,
        {"claims": [{"id": "at-fault", "claim": "long has consistent neurons"}]},
        {"long": [f"{LONG}{at}" for at in range(8)]},
        "exceed the model's context",
    ),
    "a word that does not occur": (
        tiny.build,
        {"claims": [{"id": "at-fault", "claim": GOOD, "neurons": {"match": "zebra"}}]},
        {},
        "no tokens of the word 'zebra'",
    ),
    "a prompt that breaks the model": (
        lambda: broken_at("Z"),
        {"claims": [{"id": "at-fault", "claim": "zoo has consistent neurons"}]},
        {"zoo": [f"Z {at}" for at in range(8)]},
        "NaN or infinite",
    ),
}


@pytest.mark.parametrize("name", list(CASES))
def test_a_fault_stays_with_its_claims(name: str, tmp_path: Path) -> None:
    make, bad, more, message = CASES[name]
    pair = make()
    own = more.get("good", {})
    files = {
        "good": {
            "claims": [{"claim": GOOD, "neurons": own}, {"claim": "tulip has consistent neurons", "neurons": own}]
        },
        "bad": bad,
    }
    concepts = {one: said for one, said in more.items() if isinstance(said, list)}
    folder = suite_in(tmp_path / "suite", files, more.get("neurons", {}), **concepts)
    alone = found(folder, pair, tmp_path / "alone", "good")["good"]
    assert isinstance(alone, dict), alone
    # The third run finds what the first one left.
    for order in (("good", "bad"), ("bad", "good"), ("good", "bad")):
        both = found(folder, pair, tmp_path / "-".join(order), *order)
        assert both["good"] == alone
        assert "bad.yaml::at-fault: " in str(both["bad"])
        assert message in str(both["bad"])
    traced = [
        {file.name: file.read_bytes() for file in (tmp_path / one / "traces").rglob("*.safetensors")}
        for one in ("alone", "good-bad", "bad-good")
    ]
    assert traced[0].items() <= traced[1].items()
    assert traced[1] == traced[2]


def test_what_cannot_be_answered_is_found_before_anything_is_written(tmp_path: Path) -> None:
    files = {"bad": {"claims": [GOOD, {"id": "late", "claim": "long has consistent neurons"}]}}
    folder = suite_in(tmp_path / "suite", files, long=[f"{LONG}{at}" for at in range(8)])
    assert "bad.yaml::late: The prompt 'word word" in str(found(folder, tiny.build(), tmp_path / "c", "bad")["bad"])
    assert not list((tmp_path / "c").rglob("*.safetensors"))


def test_figures_that_cannot_be_drawn_are_told(tmp_path: Path) -> None:
    files = {"good": {"claims": [{"claim": GOOD, "neurons": {"positions": "prompt"}}]}}
    run = Run(
        load_suite(suite_in(tmp_path / "suite", files)), from_transformers(*bert(), name="bert"), cache_dir=tmp_path
    )
    run.findings(run.suite.families[0])
    record = run.record(outcomes={})
    assert [one for one in record.warnings if "figures are not whole" in one and "writes no text" in one]
    facts = json.loads(json.dumps(run.facts()))
    merged = Run.merge(run.suite, [facts], cache_dir=tmp_path)
    assert merged.record(outcomes={}).warnings == record.warnings
    assert merged.findings(run.suite.families[0]) == run.findings(run.suite.families[0])


def test_a_scoring_fault_names_its_claim(tmp_path: Path) -> None:
    claim = {"id": "causal", "claim": "forcing big's neurons makes big more likely"}
    folder = suite_in(tmp_path / "suite", {"causal": {"claims": [GOOD, claim]}})
    said = json.loads((folder / "suite.yaml").read_text())
    said["trace"]["max_new_tokens"] = 1
    said["concepts"]["big"] = {"prompts": [f"big {at}" for at in range(10)], "words": ["word " * 40 + "end"]}
    said["baseline"]["prompts"] = [f"neutral {at}" for at in range(20)]
    (folder / "suite.yaml").write_text(json.dumps(said))
    run = Run(load_suite(folder), from_transformers(*tiny.build(), name="tiny"), cache_dir=tmp_path)
    with pytest.raises(TraceError, match=r"^causal\.yaml::causal: The prompt .* context"):
        run.findings(run.suite.families[0])
