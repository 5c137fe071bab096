"""What ``neurontest check`` says beyond what is wrong with the files: what would fail, and what would be traced."""
# ruff: noqa: E501 - a sentence in one piece can be found by searching for it

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from neurontest.checking import check, would_trace
from neurontest.cli import main
from neurontest.spec.load import load_suite
from tests.spec.suites import SUITE, prompts, write

CLAIM = "claims: [baseline-normalized sets differ from raw for tulip]\n"
CONFIG = {
    "model_type": "llama",
    "num_hidden_layers": 3,
    "hidden_size": 8,
    "intermediate_size": 20,
    "num_attention_heads": 2,
}


def said(folder: Path, files: dict[str, str | bytes], of: str = "") -> list[str]:
    """The faults of a suite of these files, or of one of them."""
    found = check(write(folder, files) / of)
    return [str(fault).removeprefix(folder.as_posix() + "/") for fault in found.faults]


def tiny(claims: str, config: object = CONFIG, **neurons: object) -> dict[str, str | bytes]:
    settings = "".join(f"{key}: {value}, " for key, value in neurons.items())
    head = f"model: m\nneurons: {{{settings.removesuffix(', ')}}}\n"
    return {"suite.yaml": head + SUITE, "m/config.json": json.dumps(config), "c.yaml": claims}


def test_a_suite_without_claims_is_at_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = "suite.yaml:1:1: there are no claims in this suite, so that nothing can be tested; say 'claims:' in a file of it"
    assert said(tmp_path, {"c.yaml": "claims: []\n"}) == [message]
    assert main(["check", str(tmp_path)]) == 1
    assert "no claims" in capsys.readouterr().out
    assert said(tmp_path, {"c.yaml": CLAIM}) == []


@pytest.mark.parametrize(
    ("neurons", "fault"),
    [
        ({"k": 23}, None),
        ({"k": 24}, "k is 24, and {m} has 24 neurons to select from at residual; say a smaller k"),
        ({"k": 59, "site": "mlp"}, None),
        ({"k": 60, "site": "mlp"}, "k is 60, and {m} has 60 neurons to select from at mlp; say a smaller k"),
        (
            {"k": 24, "site": "attention"},
            "k is 24, and {m} has 24 neurons to select from at attention; say a smaller k",
        ),
        ({"k": 7, "identity": "dimension"}, None),
        (
            {"k": 8, "identity": "dimension"},
            "k is 8, and {m} has 8 dimensions to select from at residual; say a smaller k",
        ),
    ],
)
def test_k_against_the_config(tmp_path: Path, neurons: dict[str, object], fault: str | None) -> None:
    expected = [] if fault is None else ["c.yaml:1:10: " + fault.format(m=tmp_path.absolute() / "m")]
    assert said(tmp_path, tiny(CLAIM, **neurons)) == expected


def test_neurons_that_the_model_has_not(tmp_path: Path) -> None:
    published = (
        'concepts:\n  paper: {published: ["L2.residual[7]", "L3.residual[0]"]}\n  other: {published: ["L0.mlp[20]"]}\n'
        '  right: {published: ["L2.mlp[19]"]}\n'
        "claims:\n  - neuron L1.mlp[20] is specific to hanoi against tulip\n"
        "  - neuron L2.residual[7] is specific to hanoi against tulip\n"
    )
    model = tmp_path.absolute() / "m"
    assert said(tmp_path, tiny(published, k=3)) == [
        f"c.yaml:2:22: {model} has not all neurons of 'paper': L3.residual[0] is not in its layers 0 to 2 and neurons 0 to"
        " 7 at site residual",
        f"c.yaml:3:22: {model} has not all neurons of 'other': L0.mlp[20] is not in its layers 0 to 2 and neurons 0 to 19"
        " at site mlp",
        f"c.yaml:6:5: {model} has no L1.mlp[20]: L1.mlp[20] is not in its layers 0 to 2 and neurons 0 to 19 at site mlp",
    ]


def test_the_built_in_model_need_not_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEURONTEST_CACHE_DIR", str(tmp_path / "nothing"))
    files: dict[str, str | bytes] = {"c.yaml": "neurons: {k: 17280}\n" + CLAIM}
    assert said(tmp_path, files) == [
        "c.yaml:2:10: k is 17280, and smollm2-135m has 17,280 neurons to select from at residual; say a smaller k"
    ]
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize(
    "config", ["[", [3], {}, {"num_hidden_layers": "x", "hidden_size": [8]}, {"num_experts": 4} | CONFIG]
)
def test_what_a_config_does_not_say_is_no_fault(tmp_path: Path, config: object) -> None:
    files = tiny(CLAIM, config, k=5000, site="mlp")
    if isinstance(config, str):
        files["m/config.json"] = config
    assert said(tmp_path, files) == []


def test_a_claim_file_is_checked_in_its_suite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files: dict[str, str | bytes] = {"a.yaml": "claims: [nonsense]\n", "b.yaml": CLAIM}
    assert len(said(tmp_path, files, "a.yaml")) == 1
    assert said(tmp_path, files, "b.yaml") == []
    assert main(["check", str(tmp_path / "b.yaml")]) == 1
    assert capsys.readouterr().out == f"1 fault in other files of the suite: neurontest check {tmp_path}\n"
    write(tmp_path, {"a.yaml": CLAIM})
    assert main(["check", str(tmp_path / "b.yaml")]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'b.yaml'}: 1 claim of a suite that has 2 claims in 2 files")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("c.yml", "c.yml:1:1: rename it to c.yaml; only files so called are read"),
        ("C.YAML", "C.YAML:1:1: rename it to C.yaml; only files so called are read"),
        ("gone.yaml", "gone.yaml:1:1: there is no such file"),
        (".c.yaml", ".c.yaml:1:1: this file's name begins with a period, and it is not read; rename it"),
        ("p.txt", "p.txt:1:1: is no spec file; name a suite's folder, or a .yaml file in one"),
    ],
)
def test_what_is_no_spec_file(tmp_path: Path, name: str, fault: str) -> None:
    files: dict[str, str | bytes] = {"c.yaml": CLAIM}
    assert said(tmp_path, files if name.startswith("gone") else files | {name: CLAIM}, name) == [fault]


def test_a_file_without_a_suite(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(CLAIM)
    found = check(tmp_path / "c.yaml")
    assert (found.faults, found.elsewhere, found.suite) == ((), 1, None)


def trace(folder: Path, files: dict[str, str | bytes]) -> str:
    return would_trace(load_suite(write(folder, files))).removesuffix(" on smollm2-135m")


def test_what_repeats_would_trace(tmp_path: Path) -> None:
    own = f"baseline: {{prompts: {prompts('neutral')}}}\n"
    several = f"baseline: [{{prompts: {prompts('neutral')}}}, {{prompts: {prompts('other')}}}]\n"
    suite = "trace: {seeds: [1, 2, 3]}\n" + SUITE.replace(own, several)
    # At each seed the 240 of the run itself; of the other baseline its 12 prompts, at 4 samples.
    assert trace(tmp_path, {"suite.yaml": suite, "c.yaml": CLAIM}) == (
        "would trace 240 texts of at most 40 new tokens (9,600 tokens) on smollm2-135m;"
        " and again at 2 other seeds and with 1 other baseline, 528 texts more"
    )


def test_what_would_be_traced(tmp_path: Path) -> None:
    # 60 prompts with the baseline's, at 4 samples of 40 tokens.
    assert trace(tmp_path, {"c.yaml": CLAIM}) == "would trace 240 texts of at most 40 new tokens (9,600 tokens)"
    claims = "claims:\n  - {claim: baseline-normalized sets differ from raw for tulip, trace: {samples: 1, max_new_tokens: 8}}\n"
    # The claim's own: 12 prompts and the baseline's 12, once.
    assert trace(tmp_path, {"c.yaml": claims}) == "would trace 264 texts of at most 8 to 40 new tokens (9,792 tokens)"
    read = "neurons: {positions: prompt}\n"
    assert trace(tmp_path, {"suite.yaml": read + SUITE, "c.yaml": CLAIM}) == "would read 60 prompts"
    text = [
        {"prompt": one, "text": "x"}
        for word in ("tulip", "vietnam", "hanoi", "violent", "neutral")
        for one in prompts(word)
    ]
    given: dict[str, str | bytes] = {
        "suite.yaml": "trace: {replay: true}\n" + SUITE,
        "replay.json": json.dumps([*text, text[0]]),
    }
    assert trace(tmp_path, {**given, "c.yaml": CLAIM}) == "would read 61 given texts"
    skipped = (
        "claims: [{claim: baseline-normalized sets differ from raw for tulip, skip: later, trace: {samples: 50}}]\n"
    )
    assert trace(tmp_path, {"suite.yaml": SUITE, "c.yaml": skipped}).startswith("would trace 240 texts")


def test_check_imports_nothing_heavy(tmp_path: Path) -> None:
    write(tmp_path, tiny(CLAIM, k=3))
    code = (
        f"import sys; from neurontest.cli import main; assert main(['check', {str(tmp_path)!r}]) == 0;"
        "print([m for m in ('torch', 'transformers', 'numpy', 'scipy', 'pytest') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_nothing_that_is_printed_steers_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[2J\x9b\u202e"
    text = f"claims: [{{claim: baseline-normalized sets differ from raw for tulip, xfail: {json.dumps(evil)}, tags: [{json.dumps(evil)}]}}]\n"
    folder = write(tmp_path / f"s{evil}", {"c.yaml": text, f"p{evil}.txt": "x\n# y\n"})
    for arguments in (["check", str(folder)], ["check", str(folder / f"gone{evil}")], ["report", str(folder / evil)]):
        assert main(arguments) > 0
        shown = capsys.readouterr()
        assert shown.out + shown.err
        assert not set(evil) - set("[2J") & set(shown.out + shown.err)
