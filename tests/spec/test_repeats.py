"""Further seeds and baselines: what may be said of them, and what is said of a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurontest.claims.alternatives import alternatives
from neurontest.spec.load import load_suite

from .suites import SUITE, faults, prompts, write

CLAIMS = "claims: [hanoi overlaps vietnam more than violent]\n"
OWN = f"baseline: {{prompts: {prompts('neutral')}}}\n"
SEVERAL = f"baseline:\n  - prompts: {prompts('neutral')}\n  - prompts: other.txt\n  - {{prompts: {prompts('third')}}}\n"
OTHER = "\n".join(prompts("other", 10)) + "\n"
SEEDS = "'seeds' must be a list of 2 or more, each once, and each a whole number at least 0"


def with_seeds(said: str) -> str:
    return f"{SUITE}trace: {{seeds: {said}}}\n"


def test_the_first_seed_is_the_runs_own(tmp_path: Path) -> None:
    suite = load_suite(write(tmp_path, {"suite.yaml": with_seeds("[3, 1, 2]"), "c.yaml": CLAIMS}))
    assert (suite.generation.seed, suite.seeds) == (3, (1, 2))
    assert {claim.generation.seed for claim in suite.claims} == {3}
    found = alternatives(suite)
    assert [(one.varies, one.value) for one in found] == [("seed", "1"), ("seed", "2")]
    for one, seed in zip(found, (1, 2), strict=True):
        assert one.suite.generation.seed == seed
        assert {claim.generation.seed for claim in one.suite.claims} == {seed}
        assert one.suite.baseline == suite.baseline
        assert alternatives(one.suite) == ()


def test_a_suite_that_says_none_is_repeated_with_nothing(tmp_path: Path) -> None:
    suite = load_suite(write(tmp_path, {"c.yaml": CLAIMS}))
    assert (suite.generation.seed, alternatives(suite)) == (1337, ())


@pytest.mark.parametrize(
    ("overrides", "ini", "seed", "others"),
    [
        ({}, {"seeds": (7, 8)}, 7, (8,)),
        ({"seeds": (9, 8, 7)}, {"seeds": (7, 8)}, 9, (8, 7)),
        ({"seed": 5}, {}, 5, ()),
        ({"seed": None, "seeds": None}, {}, 3, (1, 2)),
    ],
)
def test_who_says_either_says_both(
    tmp_path: Path, overrides: dict[str, object], ini: dict[str, object], seed: int, others: tuple[int, ...]
) -> None:
    folder = write(tmp_path, {"suite.yaml": with_seeds("[3, 1, 2]"), "c.yaml": CLAIMS})
    suite = load_suite(folder, overrides, ini)  # type: ignore[arg-type]
    assert (suite.generation.seed, suite.seeds) == (seed, others)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("[]", f"{SEEDS}, not an empty list"),
        ("[1]", f"{SEEDS}, not a list of one"),
        ("7", f"{SEEDS}, not 7"),
        ("[1, 2, 1]", "1 is said twice"),
        ("[1, -2]", "a seed must be a whole number at least 0, not -2"),
        ("[1, 2.5]", "a seed must be a whole number at least 0, not 2.5"),
        ("[1, two]", "a seed must be a whole number at least 0, not 'two'"),
        ("[1, true]", "a seed must be a whole number at least 0, not true"),
        ("[1, 2], seed: 1", "say 'seed' or 'seeds', not both: the first of 'seeds' is the run's own"),
    ],
)
def test_seeds_that_repeat_nothing(tmp_path: Path, said: str, message: str) -> None:
    (fault,) = faults(tmp_path, {"suite.yaml": with_seeds(said), "c.yaml": CLAIMS})
    assert fault.partition(": ")[2] == message


def test_seeds_belong_to_the_suite(tmp_path: Path) -> None:
    claim = CLAIMS + "trace: {seeds: [1, 2]}\n"
    assert faults(tmp_path, {"c.yaml": claim}) == ["c.yaml:2:9: 'seeds' may only be said in suite.yaml"]


@pytest.mark.parametrize("how", ["temperature: 0", "replay: texts.json"])
def test_texts_that_no_seed_changes_are_not_written_again(tmp_path: Path, how: str) -> None:
    names = ("tulip", "vietnam", "hanoi", "violent", "neutral")
    texts = ", ".join(f'{{"prompt": "{name} {at}", "text": " x"}}' for name in names for at in range(12))
    files = {"suite.yaml": with_seeds(f"[1, 2], {how}"), "c.yaml": CLAIMS, "texts.json": f"[{texts}]"}
    suite = load_suite(write(tmp_path, files))
    assert suite.seeds == ()
    (warning,) = (text for text in suite.warnings if "other seeds" in text)
    assert "suite.yaml:8:9: nothing is repeated at other seeds: texts that " in warning


def test_the_first_baseline_is_the_runs_own(tmp_path: Path) -> None:
    files = {"suite.yaml": SUITE.replace(OWN, SEVERAL), "c.yaml": CLAIMS, "other.txt": OTHER}
    suite = load_suite(write(tmp_path, files))
    assert suite.baseline is not None
    assert suite.baseline.prompts == tuple(prompts("neutral"))
    assert [one.prompts for one in suite.baselines] == [tuple(prompts("other", 10)), tuple(prompts("third"))]
    found = alternatives(suite)
    assert [(one.varies, one.value) for one in found] == [("baseline", "2 (other.txt)"), ("baseline", "3")]
    for one, other in zip(found, suite.baselines, strict=True):
        assert one.suite.baseline == other
        assert [claim.baseline for claim in one.suite.claims] == [other]
        assert one.suite.generation == suite.generation


def test_each_baseline_is_asked_for_enough_prompts(tmp_path: Path) -> None:
    files = {"suite.yaml": SUITE.replace(OWN, SEVERAL), "c.yaml": CLAIMS, "other.txt": "one is\ntwo is\n"}
    (warning,) = load_suite(write(tmp_path, files)).warnings
    assert "suite.yaml:4:" in warning
    assert "the baseline has 2 prompts" in warning
    forced = "claims: [forcing hanoi's neurons makes hanoi more likely]\n"
    found = faults(tmp_path, files | {"c.yaml": forced})
    assert any("suite.yaml:4:" in one and "with this baseline, c.yaml::forcing" in one for one in found)


MAPPING = "must be a mapping with its 'prompts', such as {prompts: prompts/neutral.txt}"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("[]", f"'baseline' {MAPPING}, or a list of two or more such, not an empty list"),
        (
            f"[{{prompts: {prompts('neutral')}}}]",
            f"'baseline' {MAPPING}, or a list of two or more such, not a list of one",
        ),
        ("other.txt", f"'baseline' {MAPPING}, or a list of two or more such, not 'other.txt'"),
        ("[{prompts: other.txt}, other.txt]", f"a baseline {MAPPING}, not 'other.txt'"),
        ("[{prompts: other.txt}, {}]", "a baseline needs 'prompts'"),
        (
            "[{prompts: other.txt}, {prompts: none.txt}]",
            "there is no file 'none.txt'; did you mean 'other.txt'? valid: other.txt",
        ),
        (
            f"[{{prompts: other.txt}}, {{prompts: {prompts('other', 10)}}}]",
            "this baseline has the prompts of the one in line 2: it repeats nothing",
        ),
        (
            '[{prompts: other.txt}, {published: ["L1.mlp[2]"]}]',
            "the baseline cannot be published: it is traced, and needs prompts",
        ),
        (
            f"[{{prompts: other.txt}}, {{prompts: [{', '.join(prompts('third'))}, hanoi 3]}}]",
            "the prompt 'hanoi 3' of 'hanoi' is in the baseline as well; remove it from one of them",
        ),
    ],
)
def test_baselines_that_cannot_be(tmp_path: Path, said: str, message: str) -> None:
    files = {"suite.yaml": SUITE.replace(OWN, f"baseline: {said}\n"), "c.yaml": CLAIMS, "other.txt": OTHER}
    (fault,) = faults(tmp_path, files)
    assert fault.partition(": ")[2] == message
