"""A reference of the unchanged model, and changed copies held against it."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import platformdirs

from neurontest.kinds.preserved import Preserved
from neurontest.run import Outcome, Run
from neurontest.run.gate.reference import Recorded, record_reference
from neurontest.run.since.against import Against
from neurontest.settings import from_environment
from neurontest.spec.load import load_suite
from neurontest.trace.models.named import from_transformers, model_named
from neurontest.types import Comparison, ModelHandle, Record, silent
from tests.e2e.changes.altered import ABOUT, DROPPED, altered
from tests.e2e.changes.likelihood import loss

HERE = Path(__file__).parent
SUITE = HERE / "suite"
#: Overrides the suite's texts: the model writes its own.
WRITING = {"replay": "false"}
#: Each so many of the reference's texts are enough to tell how likely a copy finds them.
EVERY = 8
#: Behind the name of a change: named neurons are looked for by what they do.
MATCHED = ", named neurons matched"
#: Changes that give neurons other numbers, which are held against the model so as well.
RENUMBERED = ("MLP neurons permuted", f"block {DROPPED} left out")


@dataclass(frozen=True)
class Held:
    """What became of the claims in a copy.

    Attributes
    ----------
    claims : mapping from claim id to Comparison
    shared : mapping from claim id to str
        Of claims of the kind ``preserved``: what the two models share, in words.
    losses : tuple of float
        Nats a token: of some of the reference's texts, and of a plain English one.
    """

    claims: Mapping[str, Comparison]
    shared: Mapping[str, str]
    losses: tuple[float, float]

    @property
    def statuses(self) -> dict[str, str]:
        """By claim id."""
        return {name: found.status for name, found in self.claims.items()}


class Base:
    """The built-in model and a reference recorded on it.

    Parameters
    ----------
    folder : Path
        For the reference and the cache; traces of copies do not stay in it.
    writes : bool
        Whether the model writes texts, or reads those of the suite, which it wrote once: on every machine the same.
    """

    def __init__(self, folder: Path, *, writes: bool = False) -> None:
        self.cache, self.reference = folder / "cache", folder / "reference"
        users = Path(str(from_environment().get("cache_dir") or platformdirs.user_cache_dir("neurontest")))
        self.cache.mkdir(exist_ok=True)
        for shared in ("models", "locks"):
            (users / shared).mkdir(parents=True, exist_ok=True)
            (self.cache / shared).symlink_to(users / shared)
        self.handle: ModelHandle = model_named(
            "smollm2-135m", cache_dir=self.cache, dtype="float32", device="cpu", suite_folder=None, progress=silent
        )
        run = Run(load_suite(SUITE, WRITING if writes else {}), self.handle, cache_dir=self.cache)
        self.record = recorded(run)
        self.vacuous = {
            name for family in run.suite.families for name, found in run.vacuity(family).items() if found.vacuous
        }
        self.written: Recorded = record_reference(run, self.record, self.reference)
        self.neurons = [(one.layer, one.index) for one in run.sets(ABOUT).neurons]
        self.model, self.tokenizer = self.handle.load()

    @cached_property
    def against(self) -> Against:
        """What copies are held against."""
        return Against.read(
            self.reference.name, self.reference.parent, cache_dir=self.cache, today=date.today(), looks_at_bar=False
        )

    @cached_property
    def losses(self) -> tuple[float, float]:
        """Of the unchanged model."""
        return self.losses_of(self.model)

    def losses_of(self, model: Any) -> tuple[float, float]:
        """Nats a token of what the unchanged model wrote, and of a plain text."""
        texts = [text.prompt + text.text for one in self.record.concepts for text in one.continuations][::EVERY]
        plain = (HERE / "plain.txt").read_text("utf-8").splitlines()
        return loss(model, self.tokenizer, texts), loss(model, self.tokenizer, plain)

    def held(self, change: str) -> Held:
        """What the gate says of a copy that is changed so; with :data:`MATCHED` behind, of named neurons by match."""
        against = replace(self.against, neurons="match") if change.endswith(MATCHED) else self.against
        change = change.removesuffix(MATCHED)
        model = altered(change, self.model, self.tokenizer, self.neurons)
        traces = self.cache / "traces"
        known = set(traces.iterdir())
        suite = load_suite(SUITE, {"replay": str(self.reference)})
        handle = from_transformers(model, self.tokenizer, name=change)
        run = Run(suite, handle, cache_dir=self.cache, against=against)
        found = compared(run)
        losses = self.losses_of(model)
        del model, handle, run
        gc.collect()
        for one in set(traces.iterdir()) - known:
            shutil.rmtree(one, ignore_errors=True)
        return Held(*found, losses)


def recorded(run: Run) -> Record:
    """The record of a run all of whose claims were asked about."""
    for family in run.suite.families:
        run.findings(family)
    return run.record(outcomes={claim.node: Outcome("passed") for claim in run.suite.claims})


def compared(run: Run) -> tuple[dict[str, Comparison], dict[str, str]]:
    """What became of each claim, by id; and what is shared, of those that are about the change itself."""
    claims: dict[str, Comparison] = {}
    shared: dict[str, str] = {}
    for family in run.suite.families:
        claims |= run.comparisons(family)
        for claim in family.tested:
            if claim.kind.name == Preserved.name:
                shared[claim.id] = run.finding(claim).evidence.effect.note
    return claims, shared
