"""A run held against a reference: what it says, and what becomes of a family's claims."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import msgspec

from neurontest.claims.base import Claim
from neurontest.claims.suite import Family, Suite
from neurontest.gate.accepted import Acceptance, read_accepted
from neurontest.gate.bar import moved
from neurontest.gate.compare import compare
from neurontest.gate.margin import Margin
from neurontest.gate.neurons import preserved
from neurontest.gate.neurons.drifts import Asked
from neurontest.gate.neurons.matching import MATCHING_VERSION
from neurontest.gate.reference.folder import RECORD, read_reference
from neurontest.gate.reference.source import folder_of
from neurontest.gate.reference.texts import Texts, Ways, read_in, rewritten
from neurontest.gate.reference.then import Then
from neurontest.kinds.preserved import Preserved
from neurontest.report.record import load_record
from neurontest.run.settle import Test
from neurontest.run.since.drifts import Drifts
from neurontest.text import quoted
from neurontest.types import AcceptedChange, Activations, Comparison, Finding, Record, ReferenceRecord, TraceRequest

#: Changed whenever the same reference, traces and spec would give another comparison.
COMPARISON_VERSION = 3
#: Statuses that may be made to fail, and those that do by default.
FAILING = ("weakened", "lost", "undecided", "incomparable")

#: The share of texts that may differ where two models are still said to have read the same words.
FEW = 0.1

_NO_TEXTS: Texts = {}


@dataclass(frozen=True)
class Against:
    """A reference, and how a run is held against it.

    Attributes
    ----------
    name : str
        As it was said.
    then : Then
    record : Record
        The reference's.
    margin : Margin
    texts : {"same", "own"}
    neurons : {"number", "match"}
        How named neurons of the reference are told in the model at hand: by number, or by what they do.
    fails : tuple of str
        The statuses with which a test fails.
    accepted : tuple of Acceptance
    today : date
    looks_at_bar : bool
        Whether it is told what the suite asks less than it did.
    """

    name: str
    then: Then
    record: Record
    margin: Margin
    texts: str
    fails: tuple[str, ...]
    accepted: tuple[Acceptance, ...]
    today: date
    looks_at_bar: bool = True
    neurons: str = "number"

    @classmethod
    def read(
        cls,
        said: str,
        base: Path,
        *,
        cache_dir: Path,
        today: date,
        margin: Margin | None = None,
        texts: str = "same",
        fails: tuple[str, ...] = ("weakened", "lost"),
        looks_at_bar: bool = True,
        neurons: str = "number",
    ) -> Against:
        """Read a reference: a folder, or ``git:REVISION:FOLDER``, relative to `base`.

        Raises
        ------
        RecordError
            If it is none, or not what was written.
        """
        folder = folder_of(said, base, cache_dir)
        reference = read_reference(folder)
        record = load_record(folder / RECORD)
        accepted = read_accepted(folder)
        then = Then.of(reference, record)
        return cls(said, then, record, margin or Margin(), texts, fails, accepted, today, looks_at_bar, neurons)

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.then.reference.folder

    def acceptance(self, node: str) -> Acceptance | None:
        """What accepts a change of the claim of this file and id, today."""
        return next((one for one in self.accepted if one.claim == node and one.holds(self.today)), None)

    def fails_with(self, node: str, found: Comparison) -> bool:
        """Whether a claim fails."""
        return found.status in self.fails and self.acceptance(node) is None

    @property
    def test(self) -> Test:
        """The test of a claim: of one about the change itself, on both models."""
        return preserved.against(self.then, own_texts=self.texts == "own")

    def looked_at(self, family: Family) -> str:
        """The reference's checksum, how neurons are matched, whose texts are read; empty if no claim needs it."""
        if not any(isinstance(claim.kind, Preserved) for claim in family.tested):
            return ""
        own = ", own texts" if self.texts == "own" else ""
        return f"{self.then.reference.checksum}, matched {MATCHING_VERSION}{own}"

    def key(self, evidence: str, unlike: Mapping[str, str]) -> str:
        """Name of what becomes of a family whose own evidence has this name."""
        said = [COMPARISON_VERSION, evidence, self.then.reference.checksum, str(self.margin), self.neurons, unlike]
        return hashlib.sha256(b"against" + msgspec.json.encode(said, order="deterministic")).hexdigest()

    def compare(
        self,
        family: Family,
        findings: Mapping[str, Finding],
        traces: Mapping[TraceRequest, Activations],
        unlike: Mapping[str, str],
    ) -> dict[str, Comparison]:
        """What became of each claim of a family that is tested, by id."""
        by_match = self.neurons == "match"
        return compare(family, findings, self.then, traces, self.margin, unlike, by_match=by_match)

    def unlike(self, family: Family, read: Ways) -> dict[str, str]:
        """Why claims cannot be compared since the two models have not read the same, by id.

        Parameters
        ----------
        read : mapping from Generation to mapping from (prompt, sample) to Continuation
            What the model at hand has read, as far as it did, by the way in which it is written.
        """
        if self.texts == "own":
            return {}
        known = read_in(self.record)
        return {claim.id: why for claim in family.tested if (why := self._unlike(claim, known, read))}

    def unmatched(self, asked: Asked, read: Ways) -> str:
        """Why a concept's neurons cannot be told by what they do, in a sentence; empty if they can.

        What two models do on words of their own differs by the words.

        Parameters
        ----------
        read : mapping from Generation to mapping from (prompt, sample) to Continuation
            What the model at hand has read, as far as it did, by the way in which it is written.
        """
        if self.texts == "same" or asked.now.selection.positions == "prompt":
            return ""
        everyone = [*asked.now.concepts.values(), *([asked.now.baseline] if asked.now.baseline else [])]
        prompts = {prompt for concept in everyone for prompt in concept.prompts}
        known = read_in(self.record).get(asked.then.generation.way, _NO_TEXTS)
        here = read.get(asked.now.generation.way, _NO_TEXTS)
        both = [(known[key].text, now.text) for key, now in here.items() if key[0] in prompts and key in known]
        if both and sum(then != now for then, now in both) <= FEW * len(both):
            return ""
        return "neurons are matched by what they do on the same words, and each model has written its own"

    def _unlike(self, claim: Claim, known: Ways, read: Ways) -> str:
        before = self.then.claims.get((claim.where.file, claim.id))
        alone = claim.selection.positions == "prompt"
        if before is None or (alone and not claim.kind.reads_texts):
            return ""
        held = known.get(before.generation.way, _NO_TEXTS)
        if not held and claim.generation.replay is not None:
            return (
                "its texts have settings of their own, and the reference holds none of them: record it anew, or compare"
                " on each model's own (--concept-against-texts own)"
            )
        everyone = [*claim.concepts.values(), *([claim.baseline] if claim.baseline else [])]
        prompts = {prompt: None for concept in everyone for prompt in concept.prompts}
        without = [prompt for prompt in prompts if (prompt, 0) not in held]
        if without and not alone:
            named = " and ".join(quoted(prompt) for prompt in without[:2])
            return f"the reference holds no text of {len(without)} of its {len(prompts)} prompts, such as {named}"
        for (prompt, sample), now in read.get(claim.generation.way, _NO_TEXTS).items():
            then = held.get((prompt, sample))
            if prompt not in prompts or then is None:
                continue
            if then.text != now.text:
                return f"it has read other texts than the reference's, such as that of {quoted(prompt)}"
            if then.ids and now.ids and then.ids != now.ids:
                return "its tokenizer is another: the same texts have other tokens"
        return ""

    def told_by(self, record: Record, suite: Suite, drifts: Drifts | None) -> Record:
        """A record that says what the run was held against, and what has become of neurons and texts."""
        return replace(
            record,
            against=self.described(suite),
            drifts=drifts.found(suite.concepts) if drifts is not None else (),
            rewritten=rewritten(self.then.concepts, record.concepts) if self.texts == "own" else (),
        )

    def described(self, suite: Suite) -> ReferenceRecord:
        """What a record says of it."""
        accepted = tuple(
            AcceptedChange(
                one.claim,
                one.reason,
                one.until.isoformat() if one.until else "",
                one.on.isoformat() if one.on else "",
                expired=not one.holds(self.today),
            )
            for one in self.accepted
        )
        margins = (self.then.reference.manifest.margin, self.margin)
        return ReferenceRecord(
            name=self.name,
            model=self.record.model.name,
            fingerprint=self.record.model.fingerprint,
            created=self.then.reference.manifest.created,
            texts=self.texts,  # type: ignore[arg-type]
            neurons=self.neurons,  # type: ignore[arg-type]
            margin=str(self.margin),
            fails=self.fails,
            bar=tuple(moved(suite, self.record, margins)) if self.looks_at_bar else (),
            processor=self.record.model.processor,
            accepted=accepted,
            floor=self.then.reference.floor.repeats,
        )


def failing(said: str) -> tuple[str, ...]:
    """The statuses that fail, as they are written: separated by commas, or ``none``.

    Raises
    ------
    ValueError
        If there is no such status.
    """
    names = tuple(dict.fromkeys(said.replace(",", " ").split()))
    unknown = [name for name in names if name not in (*FAILING, "none")]
    if unknown or not names or ("none" in names and len(names) > 1):
        raise ValueError(f"must name some of {', '.join(FAILING)}, or none; not {said!r}")
    return () if names == ("none",) else names
