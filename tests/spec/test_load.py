from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurontest.errors import SpecError
from neurontest.plan import make_plan
from neurontest.settings import BY_NAME
from neurontest.spec.claims import slug
from neurontest.spec.groups import GROUP, groups_of
from neurontest.spec.load import is_suite, load_suite, spec_files
from neurontest.spec.published import read_published
from neurontest.spec.reading.source import parse
from neurontest.spec.single import claim_from
from neurontest.spec.validate import check
from neurontest.types import BASELINE, Generation, Head, Location, PublishedNeuron, Selection
from tests.spec.suites import SUITE, concepts, faults, prompts, write

SAMPLE = {
    "suite.yaml": """\
# yaml-language-server: $schema=../neurontest/spec/suite.schema.json
neurontest: 1
model: smollm2-135m
trace: {max_new_tokens: 40, samples: 4, temperature: 0.9, top_k: 200, seed: 1337}
baseline: {prompts: prompts/baseline.txt}
neurons: {site: residual, positions: generated, normalize: difference, select: mean, k: 200}
statistics: {alpha: 0.05, correction: holm, confidence: 0.95}
concepts:
  vietnam: {prompts: prompts/vietnam.txt}
  hanoi: {prompts: prompts/hanoi.txt}
  violent: {prompts: prompts/violent.txt}
""",
    "geography.yaml": """\
claims:
  - hanoi overlaps vietnam more than violent
  - id: hanoi-mlp
    claim: hanoi overlaps vietnam more than violent
    neurons: {site: mlp}
    tags: [slow]
  - baseline-normalized sets differ from raw
""",
    **{f"prompts/{name}.txt": "\n".join(prompts(name)) for name in ("vietnam", "hanoi", "violent", "baseline")},
}


def test_the_sample_suite(tmp_path: Path) -> None:
    suite = load_suite(write(tmp_path, SAMPLE))
    assert suite.folder == tmp_path.resolve()
    assert list(suite.concepts) == ["vietnam", "hanoi", "violent"]
    assert suite.concepts["hanoi"].prompts == tuple(prompts("hanoi"))
    assert suite.concepts["hanoi"].source == "prompts/hanoi.txt"
    assert suite.baseline is not None
    assert suite.baseline.name == BASELINE
    assert suite.model == "smollm2-135m"
    assert suite.generation == Generation()
    assert suite.selection == Selection(k=200)
    assert suite.warnings == ()
    (family,) = suite.families
    assert family.file == "geography.yaml"
    first, second, third = family.claims
    assert first.id == "hanoi-overlaps-vietnam-more-than-violent"
    assert first.terms == {"of": "hanoi", "with": "vietnam", "than": "violent"}
    assert list(first.concepts) == ["hanoi", "vietnam", "violent"]
    assert first.where == Location("geography.yaml", 2, 5)
    assert (second.id, second.sentence, second.tags) == ("hanoi-mlp", first.sentence, ("slow",))
    assert second.selection == Selection(site="mlp", k=200)
    assert second.where.line == 3
    assert third.kind.name == "sets_differ"
    assert list(third.concepts) == ["vietnam", "hanoi", "violent"]


def test_sentence_and_mapping_are_one_claim(tmp_path: Path) -> None:
    text = """\
statistics: {m: 5}
claims:
  - hanoi overlaps   vietnam more than violent by at least 1 neuron.
  - {kind: overlap_greater, of: hanoi, with: vietnam, than: violent, by: 1, id: mapping}
"""
    sentence, mapping = load_suite(write(tmp_path, {"c.yaml": text})).claims
    assert sentence.sentence == mapping.sentence == "hanoi overlaps vietnam more than violent by at least 1 neuron"
    assert sentence.terms == mapping.terms
    assert type(mapping.terms["by"]) is float


def test_texts_and_tests_have_a_seed_each(tmp_path: Path) -> None:
    write(tmp_path, {**SAMPLE, "suite.yaml": SAMPLE["suite.yaml"].replace("alpha: 0.05", "alpha: 0.05, seed: 7")})
    suite = load_suite(tmp_path)
    assert {(claim.generation.seed, claim.statistics.seed) for claim in suite.claims} == {(1337, 7)}
    suite = load_suite(tmp_path, overrides={"statistics_seed": 9}, ini={"seed": 5})
    assert {(claim.generation.seed, claim.statistics.seed) for claim in suite.claims} == {(5, 9)}
    asked = claim_from(suite, "hanoi overlaps vietnam more than violent")
    assert (asked.generation.seed, asked.statistics.seed) == (5, 9)


def test_settings_fall_through(tmp_path: Path) -> None:
    files = {
        "suite.yaml": SUITE + "neurons: {k: 1, site: mlp}\nstatistics: {alpha: 0.01}\n",
        "a.yaml": "neurons: {k: 2}\nstatistics: {alpha: 0.1, correction: bh}\n"
        "claims:\n  - baseline-normalized sets differ from raw for tulip\n"
        "  - {claim: baseline-normalized sets differ from raw for hanoi, neurons: {k: 3},"
        " trace: {samples: 9.0, temperature: 1}}\n",
        "b.yaml": "claims: [baseline-normalized sets differ from raw for tulip]\n",
    }
    suite = load_suite(write(tmp_path, files))
    in_file, in_claim, in_suite = suite.claims
    assert (in_claim.selection.k, in_file.selection.k, in_suite.selection.k, suite.selection.k) == (3, 2, 1, 1)
    assert {claim.selection.site for claim in suite.claims} == {"mlp"}
    assert in_claim.generation == Generation(samples=9, temperature=1.0)
    assert type(in_claim.generation.samples) is int
    assert type(in_claim.generation.temperature) is float
    assert [family.statistics.alpha for family in suite.families] == [0.1, 0.01]
    assert [family.statistics.correction for family in suite.families] == ["bh", "holm"]
    assert in_claim.statistics.alpha == 0.1

    suite = load_suite(tmp_path, overrides={"k": None, "alpha": 0.2}, ini={"k": 50, "seed": 5})
    assert {claim.selection.k for claim in suite.claims} == {50}
    assert {claim.generation.seed for claim in suite.claims} == {5}
    assert {family.statistics.alpha for family in suite.families} == {0.2}
    assert load_suite(tmp_path, overrides={"k": 7}, ini={"k": 50}).selection.k == 7


def test_said_m_is_blamed_on_the_claim_if_no_file_says_it(tmp_path: Path) -> None:
    folder = write(tmp_path, {"c.yaml": "claims: [baseline-normalized sets differ from raw for tulip]\n"})
    with pytest.raises(SpecError, match=r"c\.yaml:1:10: m is 9, but 'tulip' has 12 prompts"):
        load_suite(folder, overrides={"m": 9})


def test_model_of_a_spec_and_of_the_person(tmp_path: Path) -> None:
    folder = write(tmp_path, {"suite.yaml": SUITE + "model: models/tiny\n", "models/tiny/x": ""})
    assert load_suite(folder).model == str(tmp_path.absolute() / "models/tiny")
    assert load_suite(folder, ini={"model": "../elsewhere"}).model == "../elsewhere"
    assert load_suite(folder, overrides={"model": "python:a.b"}, ini={"model": "x"}).model == "python:a.b"
    write(folder, {"suite.yaml": SUITE + "model: hub:org/name@0123\n"})
    assert load_suite(folder).model == "hub:org/name@0123"
    write(folder, {"suite.yaml": SUITE})
    assert load_suite(folder).model == BY_NAME["model"].default


def test_prompt_files(tmp_path: Path) -> None:
    rows = prompts("a", 10)
    files: dict[str, str | bytes] = {
        "suite.yaml": "neurontest: 1\nconcepts:\n  one: {prompts: p/../one.txt}\n  two: {prompts: two.json}\n",
        "one.txt": ("\ufeff" + rows[0] + "\r\n\r\n  " + rows[1] + " \n" + "\u2028x\n").encode(),
        "two.json": "\ufeff" + json.dumps({"concept": "Two", "prompts": ["one\nline", "ü"]}),
        "p/keep": "",
    }
    suite = load_suite(write(tmp_path, files))
    assert suite.concepts["one"].prompts == (rows[0], rows[1], "x")
    assert suite.concepts["two"].prompts == ("one\nline", "ü")
    assert suite.families == ()


@pytest.mark.skipif(os.name != "posix", reason="symbolic links need rights elsewhere")
def test_links_may_not_lead_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret\n")
    (outside / "evil.yaml").write_text("root:x:0:0\n")
    folder = tmp_path / "suite"
    text = "neurontest: 1\nconcepts: {a: {prompts: link.txt}, b: {prompts: folder/secret.txt}}\n"
    write(folder, {"suite.yaml": text})
    (folder / "link.txt").symlink_to(outside / "secret.txt")
    (folder / "folder").symlink_to(outside)
    end = "leads out of the suite's folder; a spec may only read what lies in it"
    assert faults(folder, {"suite.yaml": text}) == [
        f"suite.yaml:2:25: 'link.txt' {end}",
        f"suite.yaml:2:49: 'folder/secret.txt' {end}",
    ]
    (folder / "evil.yaml").symlink_to(outside / "evil.yaml")
    assert faults(folder, {"suite.yaml": text}) == [f"evil.yaml:1:1: this link {end}"]


def test_links_within_are_followed(tmp_path: Path) -> None:
    folder = write(tmp_path / "real", {"c.yaml": "claims: [baseline-normalized sets differ from raw for tulip]\n"})
    (tmp_path / "name").symlink_to(folder)
    assert len(load_suite(tmp_path / "name").claims) == 1


def test_files_of_a_suite(tmp_path: Path) -> None:
    assert not is_suite(tmp_path)
    with pytest.raises(SpecError, match=r"suite\.yaml:1:1: there is no such file; a suite is a folder with one"):
        load_suite(tmp_path)
    write(
        tmp_path, {"b.yaml": "", "a.yaml": "# nothing yet\n", ".hidden.yaml": "{", "deep/c.yaml": "{", "note.txt": ""}
    )
    assert is_suite(tmp_path)
    assert [path.name for path in spec_files(tmp_path)] == ["a.yaml", "b.yaml"]
    assert load_suite(tmp_path).claims == ()
    write(tmp_path, {"suite.yaml": SUITE + "claims: [baseline-normalized sets differ from raw for tulip]\n"})
    assert [path.name for path in spec_files(tmp_path)] == ["suite.yaml", "a.yaml", "b.yaml"]
    assert [family.file for family in load_suite(tmp_path).families] == ["suite.yaml"]
    write(tmp_path, {"suite.yaml": "neurontest: ["})
    assert spec_files(tmp_path)[0].name == "suite.yaml"


def test_paths_are_shown_from_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "specs", {"c.yaml": "x: 1\n"})
    monkeypatch.chdir(tmp_path)
    for folder in ("specs", tmp_path / "specs", "./specs"):
        with pytest.raises(SpecError) as caught:
            load_suite(folder)
        assert caught.value.faults[0].path == "specs/c.yaml"
    monkeypatch.chdir(tmp_path / "specs")
    with pytest.raises(SpecError) as caught:
        load_suite("../specs")
    assert caught.value.faults[0].path.endswith("c.yaml")


def test_concepts_are_shared_by_all_files(tmp_path: Path) -> None:
    files = {"a.yaml": "claims: [rose overlaps tulip more than hanoi]\n", "z.yaml": concepts(rose=12)}
    (claim,) = load_suite(write(tmp_path, files)).claims
    assert claim.concepts["rose"].prompts[0] == "rose 0"


def test_weak_evidence_is_warned_of(tmp_path: Path) -> None:
    files = {
        "suite.yaml": f"neurontest: 1\nbaseline: {{prompts: {prompts('n', 5)}}}\n" + concepts(a=9, b=12, c=8),
        "c.yaml": "claims:\n  - a overlaps b more than c\n  - {claim: a overlaps c more than b, skip: later}\n",
    }
    folder = write(tmp_path, files)
    advice, baseline = load_suite(folder).warnings
    assert advice.endswith(
        "c.yaml:2:5: 10 prompts or more for each concept are advised for overlap_greater; 'a' has 9, 'c' has 8"
    )
    assert "suite.yaml:2:1: the baseline has 5 prompts; below 10 the noise of its mean" in baseline
    assert len(load_suite(folder, overrides={"normalize": "raw"}).warnings) == 1


def test_a_warning_of_several_claims_is_said_once(tmp_path: Path) -> None:
    claims = "claims: [a overlaps b more than c, a overlaps c more than b, {id: d, claim: a overlaps b more than c}]\n"
    (advice,) = load_suite(write(tmp_path, {"a.yaml": concepts(a=9, b=12, c=12) + claims})).warnings
    assert advice.endswith(
        "a.yaml:5:10: 10 prompts or more for each concept are advised for overlap_greater; "
        "'a' has 9 (so for 2 more claims of this file)"
    )


def test_what_is_skipped_need_not_be_decidable(tmp_path: Path) -> None:
    claim = "{claim: baseline-normalized sets differ from raw for lily, skip: prompts are to come}"
    suite = load_suite(write(tmp_path, {"a.yaml": concepts(lily=2) + f"claims: [{claim}]\n"}))
    assert suite.claims[0].skip == "prompts are to come"
    assert suite.families[0].tested == ()
    assert suite.warnings == ()


@pytest.mark.parametrize(
    ("correction", "alpha", "is_refused"),
    [
        ("none", 0.0011, False),
        ("holm", 0.0011, False),
        ("bh", 0.0011, False),
        ("none", 0.001, True),
        ("bonferroni", 0.0021, True),
        ("bonferroni", 0.0022, False),
        # With two claims BY compares with alpha / 1.5 at most.
        ("by", 0.0016, True),
        ("by", 0.0017, False),
    ],
)
def test_a_p_value_out_of_reach_is_refused(correction: str, alpha: float, is_refused: bool, tmp_path: Path) -> None:
    # 6 + 6 prompts can be dealt in 924 ways: no p-value is below 0.00108.
    text = (
        f"statistics: {{correction: {correction}, alpha: {alpha}}}\n{concepts(rose=6, lily=6)}"
        "claims:\n  - tulip overlaps rose more than lily\n  - baseline-normalized sets differ from raw for tulip\n"
    )
    folder = write(tmp_path, {"c.yaml": text})
    if is_refused:
        with pytest.raises(SpecError, match="it takes 7 prompts or more for each concept"):
            load_suite(folder)
    else:
        assert len(load_suite(folder).claims) == 2
    assert len(load_suite(folder, overrides={"test": "half-sample"}).claims) == 2


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=300))
def test_slugs_are_safe_and_short(sentence: str) -> None:
    made = slug("x " + sentence)
    assert 0 < len(made) <= 80
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
    assert made[0] == "x"


def test_long_slugs_end_with_a_word() -> None:
    words = [f"concept{number}" for number in range(20)]
    made = slug(", ".join(words) + " have distinct neurons")
    assert len(made) > 60
    assert set(made.split("-")) <= set(words)


def test_reading_specs_imports_nothing_heavy() -> None:
    code = (
        "import sys, neurontest.plan, neurontest.spec.load;"
        "print([m for m in ('torch', 'transformers', 'numpy', 'scipy', 'statsmodels', 'pytest') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


PAPER = """\
concepts:
  paper:
    out_of: 10
    published:
      - L11.residual[365]
      - {neuron: "L11.residual[756]", occurrences: 6}
      - neuron: L9.residual[756]
        occurrences: 4
"""


def test_a_published_head_is_its_neurons(tmp_path: Path) -> None:
    heads = (
        'concepts: {paper: {head_size: 3, published: ["L5.attention[head 2]", {neuron: "L4.attention[0]",'
        " occurrences: 6}]}}\n"
    )
    paper = load_suite(write(tmp_path, {"a.yaml": heads})).concepts["paper"]
    assert paper.site == "attention"
    assert paper.published == (*(PublishedNeuron(5, index) for index in (6, 7, 8)), PublishedNeuron(4, 0, 6))
    assert Head(5, 2).label == "L5.attention[head 2]"


def test_neurons_of_every_site_are_named(tmp_path: Path) -> None:
    """In published sets and in sentences."""
    for site in BY_NAME["site"].choices:
        files = {
            "a.yaml": f'concepts: {{paper: {{published: ["L11.{site}[756]"]}}}}\n'
            f'claims: ["neuron L11.{site}[756] is specific to hanoi against violent"]\n'
        }
        suite = load_suite(write(tmp_path / site, files))
        assert suite.concepts["paper"].site == site
        assert f"L11.{site}[756]" in suite.claims[0].sentence


def test_published_sets(tmp_path: Path) -> None:
    files = {
        "a.yaml": PAPER + "claims: [paper overlaps tulip more than violent, tulip overlaps hanoi more than paper]\n"
    }
    suite = load_suite(write(tmp_path, files))
    paper = suite.concepts["paper"]
    assert paper.published == (PublishedNeuron(11, 365), PublishedNeuron(11, 756, 6), PublishedNeuron(9, 756, 4))
    assert (paper.prompts, paper.groups, paper.site, paper.out_of, paper.units) == ((), (), "residual", 10, 0)
    assert paper.published[1].label("residual") == "L11.residual[756]"
    # It has no prompts to be too few.
    assert suite.warnings == ()
    of, than = suite.claims
    for claim in (of, than):
        requests = claim.kind.requests(claim)
        assert len(requests) == 3
        assert all(request.prompts for request in requests)
        with pytest.raises(KeyError):
            claim.request("paper")
    # Relabeling needs prompts on both of its sides.
    assert of.kind.smallest_p(of) > 0
    assert than.kind.smallest_p(than) == 0
    assert all("" not in group.prompts and len(group.prompts) == 60 for group in make_plan(suite).groups)


def test_a_claim_about_all_concepts_leaves_published_sets_out(tmp_path: Path) -> None:
    files = {"a.yaml": PAPER + "claims: [baseline-normalized sets differ from raw]\n"}
    (claim,) = load_suite(write(tmp_path, files)).claims
    assert list(claim.concepts) == ["tulip", "vietnam", "hanoi", "violent"]


def test_a_published_set_of_the_claims_own_site(tmp_path: Path) -> None:
    claim = "{claim: paper overlaps tulip more than violent, neurons: {site: mlp}}"
    files = {"a.yaml": PAPER.replace("residual", "mlp") + f"claims: [{claim}]\n"}
    assert load_suite(write(tmp_path, files)).claims[0].selection.site == "mlp"


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.builds(PublishedNeuron, st.integers(0, 9999), st.integers(0, 9_999_999), st.none() | st.integers(1, 99)),
        min_size=1,
        max_size=5,
        unique_by=lambda one: (one.layer, one.index),
    ),
    st.sampled_from(BY_NAME["site"].choices),
)
def test_published_neurons_come_back_as_they_were_said(neurons: list[PublishedNeuron], site: str) -> None:
    said = [
        one.label(site) if one.occurrences is None else {"neuron": one.label(site), "occurrences": one.occurrences}
        for one in neurons
    ]
    document = parse(json.dumps({"concepts": {"a": {"published": said}}}), "x.yaml")
    check(document, is_suite=False)
    assert document.faults == []
    concept = read_published(document, ("concepts", "a"), "a")
    assert concept is not None
    assert (concept.published, concept.site) == (tuple(neurons), site)


def test_groups_of_prompts(tmp_path: Path) -> None:
    listed = "[x, {text: y, group: t1}, {text: z, group: 2}, {text: v}, {text: w, group: t1}]"
    stored = json.dumps({"prompts": ["p", {"text": "q", "group": 7}, {"text": "r", "group": "7"}]})
    files = {
        "a.yaml": f"concepts: {{one: {{prompts: {listed}}}, two: {{prompts: two.json}}, none: {{prompts: [a, b]}}}}\n",
        "two.json": stored,
    }
    concepts = load_suite(write(tmp_path, files)).concepts
    assert concepts["one"].prompts == ("x", "y", "z", "v", "w")
    assert concepts["one"].groups == ("(one 1)", "t1", "2", "(one 4)", "t1")
    assert concepts["two"].groups == ("(two 1)", "7", "7")
    assert concepts["none"].groups == ()
    assert [concepts[name].units for name in ("one", "two", "none")] == [4, 2, 2]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=8), st.lists(st.sampled_from(["", "a"]), max_size=8))
def test_a_prompt_without_group_is_a_group_that_nothing_else_is(one: list[str], two: list[str]) -> None:
    groups = groups_of("one", one)
    assert len(groups) == (len(one) if any(one) else 0)
    own = [group for group, said in zip(groups, one, strict=False) if not said]
    assert len(set(own)) == len(own)
    assert not set(own) & ({*one} | {*groups_of("two", two)})
    assert not any(re.fullmatch(GROUP, group) for group in own)


def test_shared_templates_may_be_shared_wholly_or_not_at_all(tmp_path: Path) -> None:
    def lines(name: str, letters: str) -> str:
        return f"  {name}: {{prompts: [{', '.join(f'{{text: {name} {x}, group: {x}}}' for x in letters)}]}}\n"

    claims = "claims: [rose overlaps lily more than ivy, rose overlaps ivy more than tulip]\n"
    text = "concepts:\n" + lines("rose", "abcdefghij") + lines("lily", "jihgfedcba") + lines("ivy", "klmnopqrst")
    suite = load_suite(write(tmp_path, {"a.yaml": text + claims}))
    assert len(suite.claims) == 2
    assert suite.warnings == ()


@pytest.mark.parametrize(
    ("claim", "warned"),
    [
        ("tulip overlaps hanoi more than violent", True),
        ("tulip and hanoi have distinct neurons", True),
        ("neuron L1.residual[3] is specific to tulip against hanoi", False),
    ],
)
def test_one_test_of_two_alone_is_warned_of(claim: str, warned: bool, tmp_path: Path) -> None:
    def warnings(test: str) -> tuple[str, ...]:
        text = f"claims: [{{claim: '{claim}', statistics: {{test: {test}}}}}]\n"
        return load_suite(write(tmp_path, {"a.yaml": text})).warnings

    assert any("alone rejects that prompts are exchangeable" in one for one in warnings("permutation")) == warned
    assert warnings("both") == warnings("half-sample") == ()


def test_groups_are_what_is_warned_of(tmp_path: Path) -> None:
    prompts = ", ".join(f"{{text: x {at}, group: {at // 2}}}" for at in range(16))
    claims = "claims: [baseline-normalized sets differ from raw for a]\n"
    (advice,) = load_suite(write(tmp_path, {"a.yaml": f"concepts: {{a: {{prompts: [{prompts}]}}}}\n{claims}"})).warnings
    assert advice.endswith("10 groups of prompts or more for each concept are advised for sets_differ; 'a' has 8")


def test_causal_claims_in_both_forms(tmp_path: Path) -> None:
    text = (
        "neurontest: 1\n"
        f"baseline: {{prompts: {prompts('neutral', 20)}}}\n"
        "concepts:\n"
        f"  tulip: {{prompts: {prompts('tulip', 20)}, words: [tulip, a flower]}}\n"
        f"  violent: {{prompts: {prompts('violent')}}}\n"
        "  found: {published: ['L1.residual[3]', 'L2.residual[4]'], words: [seen]}\n"
    )
    said = """claims:
  - tulip's neurons are needed for tulip more than for violent
  - {kind: necessary, of: found, for: tulip, than: [violent], neurons: {ablate: zero}}
  - forcing found's neurons makes tulip more likely
  - {kind: sufficient, of: tulip, for: tulip}
"""
    suite = load_suite(write(tmp_path, {"suite.yaml": text, "a.yaml": said}))
    assert [claim.sentence for claim in suite.claims] == [
        "tulip's neurons are needed for tulip more than for violent",
        "found's neurons are needed for tulip more than for violent",
        "forcing found's neurons makes tulip more likely",
        "forcing tulip's neurons makes tulip more likely",
    ]
    assert [suite.concepts[name].words for name in ("tulip", "violent", "found")] == [
        ("tulip", "a flower"),
        (),
        ("seen",),
    ]
    assert [claim.selection.ablate for claim in suite.claims] == ["mean", "zero", "mean", "mean"]


def test_every_kind_is_read_in_both_forms(tmp_path: Path) -> None:
    prompts = {name: {"prompts": [f"{name} {at}" for at in range(12)]} for name in ("a", "b", "c", "d", "neutral")}
    said: list[object] = [
        {"claim": "a overlaps b by at least 40%", "statistics": {"m": 5}},
        {"kind": "overlap_below", "of": "a", "with": "b", "amount": 3, "statistics": {"m": 5}},
        {"kind": "overlap_above", "of": "b", "with": "a", "amount": "25% of the ceiling"},
        "a overlaps b more than c, d and neutral on average",
        {"claim": "normalization separates a and b better than raw by at least 1 neuron", "statistics": {"m": 5}},
        "raw neurons of a and b are nearly identical",
        {"kind": "sets_similar", "how": "normalized", "concepts": ["a", "b"]},
        "a has consistent neurons against neutral",
        "neuron L11.mlp[756] is specific to a against b and c",
        {"kind": "specific", "neuron": "L0.residual[3]", "of": "a", "against": "b"},
        "a has specific neurons",
        {"kind": "specific_any", "of": "b", "against": ["a"]},
        "the lowest overlap is between c and a",
        {"kind": "overlap_highest", "of": "c", "with": "a", "among": ["d", "a"]},
    ]
    (tmp_path / "suite.yaml").write_text(
        json.dumps(
            {
                "neurontest": 1,
                "baseline": {"prompts": [f"plain {at}" for at in range(12)]},
                "concepts": prompts,
                "claims": said,
            }
        )
    )
    claims = load_suite(tmp_path).claims
    assert [claim.sentence for claim in claims][1:3] == [
        "a overlaps b by at most 3 neurons",
        "b overlaps a by at least 25% of the ceiling",
    ]
    assert claims[6].sentence == "normalized neurons of a and b are nearly identical"
    assert claims[9].sentence == "neuron L0.residual[3] is specific to a against b"
    assert claims[3].sentence == "a overlaps b above chance against c, d and neutral on these controls"
    # No one named to compare with: all others.
    assert list(claims[10].concepts) == ["a", "b", "c", "d", "neutral"]
    assert claims[8].terms["neuron"] == "L11.mlp[756]"
    # No pairs named to be among: those of all concepts.
    assert list(claims[12].concepts) == ["c", "a", "b", "d", "neutral"]
    assert claims[13].sentence == "the highest overlap is between c and a among d and a"
    assert list(claims[13].concepts) == ["c", "a", "d"]


@pytest.mark.parametrize(
    ("claim", "fault"),
    [
        ("a overlaps b by at least 10 neurons", "sets of 10 neurons share 0 to 10: this claim could never be shown"),
        ("a overlaps b by at most 0%", "sets of 10 neurons share 0 to 10: this claim could never be shown"),
        ("a overlaps x by at least 2 neurons", "10 and 2 neurons share 0 to 2: this claim could never be shown"),
        ("a overlaps b by at least 0 neurons", "sets of 10 neurons share 0 to 10: this claim could never fail"),
        ("a overlaps b by at most 10 neurons", "sets of 10 neurons share 0 to 10: this claim could never fail"),
        ("a overlaps x by at most 40%", "sets of 10 and 2 neurons share 0 to 2: this claim could never fail"),
        ("a overlaps b by at most 11 neurons", "sets of 10 neurons share 0 to 10: this claim could never fail"),
        ("a has consistent neurons against b", "'b' has 9 prompts; to compare with takes 10"),
        ("a overlaps b above chance against c and d", "overlap_above_chance needs 3 or more concepts"),
    ],
)
def test_claims_that_no_test_could_decide(tmp_path: Path, claim: str, fault: str) -> None:
    prompts = {name: {"prompts": [f"{name} {at}" for at in range(9)]} for name in "abcd"}
    concepts = {**prompts, "x": {"published": ["L0.residual[1]", "L1.residual[2]"]}}
    suite = {"neurontest": 1, "baseline": {"prompts": [f"plain {at}" for at in range(12)]}, "concepts": concepts}
    (tmp_path / "suite.yaml").write_text(json.dumps({**suite, "claims": [claim]}))
    with pytest.raises(SpecError) as caught:
        load_suite(tmp_path)
    assert fault in str(caught.value)


def test_an_expected_failure_may_be_bound_to_models(tmp_path: Path) -> None:
    claims = (
        "claims:\n  - {id: any, claim: baseline-normalized sets differ from raw for tulip, xfail: never}\n"
        "  - {id: some, claim: baseline-normalized sets differ from raw for hanoi,"
        " xfail: {models/mine: own, 'hub:a/b@c': hub, ../up: up}}\n"
    )
    folder = write(tmp_path, {"c.yaml": claims})
    (folder / "models" / "mine").mkdir(parents=True)
    anywhere, bound = load_suite(folder).claims
    assert {anywhere.xfail_on(name) for name in ("a", "b")} == {"never"}
    said = {name: bound.xfail_on(name) for name in ("models/mine", "hub:a/b@c", "../up", "smollm2-135m", "hub:a/b@d")}
    assert said == {"models/mine": "own", "hub:a/b@c": "hub", "../up": "up", "smollm2-135m": None, "hub:a/b@d": None}
    # As the suite's own model is named.
    assert bound.xfail_on(str((folder / "models" / "mine").absolute())) == "own"
