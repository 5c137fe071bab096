"""Every kind of kept file of a finished run, damaged in every way: the next run finds the same, and says so."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from neurontest.errors import StoreError
from neurontest.evidence import describe
from neurontest.run import Run
from neurontest.spec.load import load_suite
from neurontest.stats import random_sets
from neurontest.trace.fingerprint import files
from neurontest.trace.models import convert
from neurontest.trace.models.named import model_named
from neurontest.types import Record, TraceRecord, silent
from tests import tiny

PROMPTS = {name: [f"{name} {at}" for at in range(20)] for name in ("hanoi", "violent", "neutral")}
SUITE = {
    "neurontest": 1,
    "trace": {"max_new_tokens": 3, "samples": 1},
    "neurons": {"k": 4, "ablate": "zero"},
    "statistics": {"m": 6},
    "baseline": {"prompts": PROMPTS["neutral"]},
    "concepts": {name: {"prompts": PROMPTS[name]} for name in ("hanoi", "violent")},
}
FILES = {
    "suite.yaml": json.dumps(SUITE),
    "causal.yaml": "claims: [hanoi's neurons are needed for hanoi more than for violent]",
    "sets.yaml": "claims: [hanoi has consistent neurons, violent has consistent neurons]",
}


class World:
    """A suite, a model in a file, and the cache of a run on both."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.cache = folder, folder / "cache"

    def run(self) -> tuple[Record, tuple[str, ...]]:
        """What a run finds, but for what it cost; and its warnings."""
        suite = load_suite(self.folder / "suite")
        name = str(self.folder / "model.gguf")
        model = model_named(
            name, cache_dir=self.cache, dtype="float32", device="cpu", suite_folder=None, progress=silent
        )
        run = Run(suite, model, cache_dir=self.cache)
        for family in suite.families:
            run.findings(family)
            run.vacuity(family)
        record = run.record(outcomes={})
        return replace(record, created="", trace=TraceRecord(), warnings=()), record.warnings

    def kept(self, kind: str) -> list[Path]:
        """The files of a kind, in a fixed order."""
        folder, suffix, says = KINDS[kind]
        found = sorted(self.cache.glob(f"{folder}/**/*{suffix}"))
        return [path for path in found if re.search(says, path.read_bytes()[:600])]


#: Where files of each kind lie, how their names end, and what they say near their beginning.
KINDS = {
    # Of the model's width; scores are as wide as there are forcings, lengths of what neurons write as all neurons are.
    "activations": ("traces", ".safetensors", rb"width\W+(%d|%d)\b" % (tiny.HIDDEN, tiny.WIDTH)),
    "scores": ("traces", ".safetensors", rb"width\W+(?!(%d|%d)\b)\d" % (tiny.HIDDEN, tiny.WIDTH)),
    "texts": ("traces", ".json", b'"prompt":'),
    "prompts": ("prompts", ".json", b'"encoded":'),
    "evidence": ("evidence", ".json", b'"evidence":'),
    "vacuity": ("evidence", ".json", rb'"worlds":|"holds":\{\}'),
    "file hashes": ("fingerprints", ".json", b'"mtime_ns":'),
    "converted weights": ("models", "model.safetensors", b""),
    "converted files": ("models", ".json", b""),
}


def flip(world: World, path: Path, others: list[Path], dice: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    path.write_bytes(bytes(data))


def exchange(world: World, path: Path, others: list[Path], dice: random.Random) -> None:
    other = dice.choice(others or [path])
    one, two = path.read_bytes(), other.read_bytes()
    path.write_bytes(two)
    other.write_bytes(one)


Damage = Callable[[World, Path, list[Path], random.Random], object]
DAMAGES: dict[str, Damage] = {
    "a flipped bit": flip,
    "truncated": lambda _, path, __, dice: path.write_bytes(path.read_bytes()[: dice.randrange(path.stat().st_size)]),
    "zeros": lambda _, path, __, ___: path.write_bytes(bytes(path.stat().st_size)),
    "zeros in the middle": lambda _, path, __, ___: path.write_bytes(
        path.read_bytes()[: path.stat().st_size // 2] + bytes(path.stat().st_size - path.stat().st_size // 2)
    ),
    "longer": lambda _, path, __, dice: path.write_bytes(path.read_bytes() + dice.randbytes(7)),
    "emptied": lambda _, path, __, ___: path.write_bytes(b""),
    "another's": lambda _, path, others, dice: shutil.copyfile(dice.choice(others), path) if others else None,
    "exchanged": exchange,
    "deleted": lambda _, path, __, ___: path.unlink(),
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Record]:
    folder = tmp_path_factory.mktemp("finished")
    (folder / "suite").mkdir()
    for name, text in FILES.items():
        (folder / "suite" / name).write_text(text)
    tiny.save(folder / "tiny")
    (folder / "model.gguf").write_bytes(b"GGUF")
    world = World(folder)
    with pytest.MonkeyPatch.context() as patch:
        _convert_nothing(patch, folder / "tiny")
        record, warnings = world.run()
        assert not any("written there" in text for text in warnings)
        assert world.run()[0] == record
    return world, record


def _convert_nothing(patch: pytest.MonkeyPatch, made: Path) -> None:
    patch.setattr(convert, "_convert", lambda gguf, target: shutil.copytree(made, target))
    patch.setattr(files, "_SETTLED_NS", -(10**18))
    patch.setattr(describe, "RESAMPLES", 19)
    patch.setattr(random_sets, "FEWEST_SETS", 9)


@pytest.fixture
def world(finished: tuple[World, Record], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A copy of the cache, to be damaged; suite and model stay where they are, and so their addresses."""
    original, _ = finished
    _convert_nothing(monkeypatch, original.folder / "tiny")
    found = World(original.folder)
    found.cache = tmp_path / "cache"
    shutil.copytree(original.cache, found.cache)
    return found


def test_a_run_keeps_files_of_every_kind(finished: tuple[World, Record]) -> None:
    world, _ = finished
    known = {path for kind in KINDS for path in world.kept(kind)}
    rest = {path for path in world.cache.rglob("*") if path.is_file() and path not in known}
    assert all(world.kept(kind) for kind in KINDS)
    # Of the converted model, other files are in its list; locks hold nothing.
    assert {path for path in rest if path.suffix != ".lock" and path.parent.parent.name != "models"} == set()


def damage(world: World, kind: str, how: str) -> Path | None:
    """Damage a file of a kind; None if its content is as it was."""
    dice = random.Random(f"{kind} {how}")  # noqa: S311 - nothing is kept secret
    files = world.kept(kind)
    victim = dice.choice(files)
    before = victim.read_bytes()
    DAMAGES[how](world, victim, [path for path in files if path.read_bytes() != before], dice)
    return None if victim.exists() and victim.read_bytes() == before else victim


def see_that_it_is_looked_at(world: World, kind: str, victim: Path | None) -> None:
    if kind == "scores":
        # When what was found with them is not there.
        for path in world.kept("evidence"):
            path.unlink()
    if kind.startswith("converted"):
        # When the copy is loaded, as something must be traced.
        next(path for path in world.kept("activations") if path != victim).unlink()


def about_damage(warnings: tuple[str, ...]) -> list[str]:
    return [text for text in warnings if "is not what was" in text or "not what was written there;" in text]


@pytest.mark.parametrize("how", ["a flipped bit", "exchanged", "deleted"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_changes_nothing_and_is_told(
    world: World, finished: tuple[World, Record], kind: str, how: str
) -> None:
    victim = damage(world, kind, how)
    see_that_it_is_looked_at(world, kind, victim)
    record, warnings = world.run()
    assert record == finished[1]
    told = about_damage(warnings)
    # What is not there is made anew without a word; of a model's files it is one of those that were made.
    is_damage = victim is not None and (how != "deleted" or kind.startswith("converted"))
    assert bool(told) == is_damage, warnings
    if is_damage:
        assert any(str(victim) in text or str(victim.parent) in text for text in told if victim)
        assert list((world.cache / "damaged").iterdir())


@pytest.mark.parametrize("how", DAMAGES)
def test_a_file_of_every_kind_damaged_at_once(world: World, finished: tuple[World, Record], how: str) -> None:
    for kind in KINDS:
        damage(world, kind, how)
    record, warnings = world.run()
    assert record == finished[1]
    assert about_damage(warnings)
    again, warnings = world.run()
    assert again == finished[1]
    assert not about_damage(warnings), "it is told once"


def test_a_third_of_all_files_damaged(world: World, finished: tuple[World, Record]) -> None:
    dice = random.Random(7)  # noqa: S311
    files = [path for path in sorted(world.cache.rglob("*")) if path.is_file() and path.suffix != ".lock"]
    for victim in dice.sample(files, len(files) // 3):
        flip(world, victim, [], dice)
    record, warnings = world.run()
    assert record == finished[1]
    assert any("is not what was written there" in text for text in warnings)
    assert any("More files" in text for text in warnings)
    assert len(warnings) < 20
    assert world.run()[0] == finished[1]


def test_workers_tell_the_controller(world: World, finished: tuple[World, Record]) -> None:
    victim = world.kept("evidence")[0]
    victim.write_bytes(b"{}")
    suite = load_suite(world.folder / "suite")
    name = str(world.folder / "model.gguf")
    facts: list[Any] = []
    for _ in range(2):
        model = model_named(
            name, cache_dir=world.cache, dtype="float32", device="cpu", suite_folder=None, progress=silent
        )
        run = Run(suite, model, cache_dir=world.cache)
        for family in suite.families:
            run.findings(family)
            run.vacuity(family)
        facts.append(json.loads(json.dumps(run.facts())))
    record = Run.merge(suite, facts, cache_dir=world.cache).record(outcomes={})
    assert len([text for text in record.warnings if str(victim) in text]) == 1
    assert replace(record, created="", trace=TraceRecord(), warnings=()) == finished[1]


def test_a_cache_that_may_only_be_read(
    world: World, finished: tuple[World, Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(30, "Read-only file system")

    for name in ("mkdir", "write_bytes", "rename", "replace", "unlink"):
        monkeypatch.setattr(Path, name, refuse)
    assert world.run()[0] == finished[1]
    victim = world.kept("evidence")[0]
    with victim.open("ab") as file:
        file.write(b" ")
    with pytest.raises(StoreError, match=r"evidence-\w+\.lock cannot be written: Read-only file system; make room"):
        world.run()
