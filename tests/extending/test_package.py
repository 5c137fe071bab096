"""The worked example of docs/extending.md, installed and run as somebody else's package is."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from neurontest.report.record import load_record
from tests.plugin import gated

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "tests" / "examples" / "neurontest-layers"
CLAIMS = """\
claims:
  - {id: late, claim: hanoi has 20% of its neurons in layer 3}
  - {id: mapped, kind: layer_share, of: violent, share: 20%, layer: 3}
  - {id: early, claim: hanoi has 90% of its neurons in layer 0}
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process that has the example installed."""
    folder = tmp_path_factory.mktemp("installed")
    source = tmp_path_factory.mktemp("source")
    for path in EXAMPLE.rglob("*"):
        if path.is_file() and path.suffix in (".py", ".toml"):
            (source / path.relative_to(EXAMPLE)).parent.mkdir(parents=True, exist_ok=True)
            (source / path.relative_to(EXAMPLE)).write_bytes(path.read_bytes())
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--target", str(folder), str(source)], check=True, capture_output=True, timeout=120)
    return {"PYTHONPATH": f"{folder}{os.pathsep}{REPOSITORY}", "OMP_NUM_THREADS": "1"}


def run(arguments: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=os.environ | environment | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )


def test_a_kind_and_a_report_of_another_package(installed: dict[str, str], tmp_path: Path) -> None:
    gated.write_suite(tmp_path / "specs", CLAIMS, "claims: []\n")
    gated.save(tmp_path / "model", "base")
    command = ["pytest", "-p", "neurontest.plugin.hooks", "--concept-specs=specs", "--concept-model=model"]
    done = run([*command, f"--concept-cache-dir={tmp_path / 'cache'}"], tmp_path, installed)
    latest = tmp_path / "reports" / "latest"
    found = {one.id: one for one in load_record(latest / "record.json").claims}
    assert {one: found[one].verdict for one in ("late", "mapped")} == {"late": "holds", "mapped": "holds"}, done.stdout
    assert found["early"].verdict == "refuted"
    assert found["mapped"].sentence == "violent has 20% of its neurons in layer 3"
    assert found["late"].evidence is not None
    (key,) = found["late"].evidence.keys
    assert (key.name, key.error_rate) == ("half-sample", "not measured for this design")
    with (latest / "layers.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    asked = {"concept": "hanoi", "positions": "generated", "normalize": "difference"}
    counts = [int(one["neurons"]) for one in rows if asked.items() <= one.items()]
    assert sum(counts) == 6
    assert "hanoi has 20% of its neurons in layer 3" in (latest / "report.html").read_text(encoding="utf-8")
    # The command line and the schema know the kind, and draw the report again.
    assert "layer_share" in run(["neurontest", "claims"], tmp_path, installed).stdout
    schema = json.loads(run(["neurontest", "schema"], tmp_path, installed).stdout)
    assert "share" in schema["definitions"]["claim"]["properties"]
    (latest / "layers.csv").unlink()
    assert "layers.csv" in run(["neurontest", "report", str(latest / "record.json")], tmp_path, installed).stdout


def test_without_the_package_the_sentence_is_a_fault(tmp_path: Path) -> None:
    gated.write_suite(tmp_path / "specs", CLAIMS, "claims: []\n")
    said = run(["neurontest", "check", "specs"], tmp_path, {"PYTHONPATH": str(REPOSITORY)})
    assert said.returncode == 1
    assert "hanoi has 20% of its neurons in layer 3" in said.stdout
