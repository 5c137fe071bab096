"""A suite opened in Python: what a notebook asks for, and what is said where it cannot be had."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neurontest
from neurontest.errors import EvidenceError, SpecError
from tests.plugin import gated

CLAIM = "hanoi overlaps vietnam more than violent"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A suite about a planted model, and the model beside it."""
    folder = tmp_path_factory.mktemp("opened")
    gated.write_suite(folder / "specs")
    gated.write_suite(folder / "few", each=5)
    gated.save(folder / "model", "base")
    return folder


@pytest.fixture(scope="module")
def suite(folder: Path) -> neurontest.OpenSuite:
    return neurontest.open(folder / "specs", model=str(folder / "model"), cache_dir=folder / "cache", seed=3)


def test_sets_overlaps_and_activations(suite: neurontest.OpenSuite) -> None:
    assert set(suite.concepts) == {"tulip", "vietnam", "hanoi", "violent"}
    assert "hanoi" in repr(suite)
    found = suite.sets("hanoi")
    assert (found.concept, found.site, len(found.neurons)) == ("hanoi", "mlp", 6)
    matrices = suite.overlaps()
    assert {one.kind for one in matrices} == {"raw", "normalized"}
    normalized = next(one for one in matrices if (one.kind, one.positions) == ("normalized", "generated"))
    at = [normalized.concepts.index(one) for one in ("hanoi", "vietnam", "violent")]
    assert normalized.counts[at[0]][at[1]] > normalized.counts[at[0]][at[2]]
    values = suite.activations("hanoi")
    assert values.values.shape == (20, 4, 48)
    assert values.axes == ("prompt", "layer", "neuron")
    assert values.prompts == suite.suite.concepts["hanoi"].prompts
    # The strongest neuron of the set is where the activations say, beyond what is usual.
    best = found.neurons[0]
    others = np.mean([suite.activations(one).values[:, best.layer, best.index].mean() for one in ("tulip", "violent")])
    assert values.values[:, best.layer, best.index].mean() > others


def test_a_frame_has_the_names_of_reports(suite: neurontest.OpenSuite) -> None:
    pytest.importorskip("pandas")
    values = suite.activations("hanoi")
    frame = values.to_frame()
    assert frame.shape == (20, 4 * 48)
    assert frame.loc[values.prompts[2], "L3.mlp[5]"] == values.values[2, 3, 5]
    assert (frame.index.name, frame.columns.name) == ("prompt", "neuron")


def test_a_claim_is_checked_and_the_record_is_that_of_pytest(suite: neurontest.OpenSuite, folder: Path) -> None:
    finding = suite.check(CLAIM)
    assert finding.verdict.name == "holds"
    record = suite.record()
    assert {one.id: (one.verdict, one.outcome) for one in record.claims} == {
        "near": ("holds", "passed"),
        "far": ("refuted", "failed"),
        "violent": ("holds", "passed"),
        "tulip": ("holds", "passed"),
        "later": ("skipped", "skipped"),
    }
    assert record.claims[0].evidence is not None
    assert record.claims[0].evidence.effect == finding.evidence.effect
    options = ["-p", "neurontest.plugin.hooks", "-p", "no:cacheprovider", "--concept-specs=specs", "--concept-seed=3"]
    options += [f"--concept-model={folder / 'model'}", f"--concept-cache-dir={folder / 'cache'}"]
    command, alone = [sys.executable, "-m", "pytest", *options], os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run(command, cwd=folder, env=alone, capture_output=True, check=False, timeout=300)
    ran = neurontest.load_record(str(folder / "reports" / "latest" / "record.json"))
    assert [(one.id, one.verdict, one.evidence, one.judgement) for one in record.claims] == [
        (one.id, one.verdict, one.evidence, one.judgement) for one in ran.claims
    ]


def test_what_cannot_be_had_is_said(suite: neurontest.OpenSuite, folder: Path) -> None:
    with pytest.raises(EvidenceError, match="no concept 'nobody'; it has"):
        suite.sets("nobody")
    with pytest.raises(SpecError, match="hanoy"):
        suite.check("hanoy overlaps vietnam more than violent")
    with pytest.raises(TypeError, match="no setting kk"):
        neurontest.open(folder / "specs", kk=3)
    with pytest.raises(SpecError, match=r"suite\.yaml"):
        neurontest.open(folder)


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"k": "many"}, ValueError, "k must be a whole number at least 1, not 'many'"),
        ({"k": 0}, ValueError, "k must be"),
        ({"k": True}, ValueError, "k must be"),
        ({"select": "best"}, ValueError, "select must be one of mean, consistency"),
        ({"temperature": -1}, ValueError, "temperature must be"),
        ({"vacuous": "fail"}, TypeError, "vacuous is a setting of a session of pytest alone"),
        ({"model": (object(), object()), "dtype": "float32"}, TypeError, "leave out dtype"),
    ],
)
def test_a_setting_that_says_nothing_or_nonsense_is_an_error(
    folder: Path, settings: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        neurontest.open(folder / "specs", **settings)


def test_a_number_and_a_list_may_be_said_as_python_has_them(folder: Path) -> None:
    opened = neurontest.open(folder / "specs", model=str(folder / "model"), temperature=1, seeds=[1, 2])
    assert opened.suite.generation.temperature == 1.0
    assert (opened.suite.generation.seed, opened.suite.seeds) == (1, (2,))


def test_nothing_is_looked_at_to_show_what_is_open(folder: Path, tmp_path: Path) -> None:
    opened = neurontest.open(folder / "specs", cache_dir=tmp_path / "cache")
    assert "model smollm2-135m" in repr(opened)
    assert not (tmp_path / "cache").exists()


def test_an_xfail_is_of_the_model_that_is_run(folder: Path, suite: neurontest.OpenSuite) -> None:
    marked = folder / "marked"
    claims = (
        f"claims: [{{claim: {CLAIM}, xfail: {{other: known}}}}, {{claim: hanoi overlaps violent more than vietnam, "
    )
    gated.write_suite(marked, claims + f"xfail: {{'{folder / 'model'}': known}}}}]\n", "claims: []\n")
    opened = neurontest.open(marked, model=str(folder / "model"), cache_dir=folder / "cache", seed=3)
    assert opened.run.model_name == suite.run.model_name
    assert [one.outcome for one in opened.record().claims] == ["passed", "xfailed"]


def test_a_claim_with_too_few_prompts_is_refused(folder: Path) -> None:
    opened = neurontest.open(folder / "few", model=str(folder / "model"), cache_dir=folder / "cache", m=2)
    with pytest.raises(SpecError, match="needs at least"):
        opened.check("hanoi has consistent neurons")


def test_settings_win_and_few_prompts_are_enough_to_look(folder: Path) -> None:
    few = folder / "few"
    opened = neurontest.open(str(few), model=str(folder / "model"), cache_dir=str(folder / "cache"), k=4, m=2)
    assert len(opened.sets("hanoi").neurons) == 4
    with pytest.raises(SpecError, match="prompts"):
        opened.record()


def test_help_shows_how() -> None:
    assert 'neurontest.open("concept_specs")' in (neurontest.__doc__ or "")
    assert "open" in dir(neurontest)


def test_the_example_of_the_docs_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = (Path(__file__).parents[1] / "docs" / "python.md").read_text("utf-8")
    example = next(one for one in re.findall(r"```python\n(.*?)```", said, re.DOTALL) if "neurontest.open" in one)
    shutil.copytree(folder / "specs", folder / "concept_specs")
    shutil.copytree(folder / "model", folder / "concept_specs" / "model")
    suite = folder / "concept_specs" / "suite.yaml"
    suite.write_text(suite.read_text("utf-8") + "model: model\n", encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NEURONTEST_CACHE_DIR", str(folder / "cache"))
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102 - the page of our own docs
    assert names["finding"].verdict.name == "holds"
    assert names["values"].ndim == 3
    assert names["best"].rank == 1
    assert len(names["record"].claims) == 5
