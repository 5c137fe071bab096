"""The noise floor of a reference: the same model traced once more, with one thing otherwise that is no change of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import mkdtemp

from neurontest.claims.alternatives import at_seed, written_anew
from neurontest.claims.base import Claim
from neurontest.claims.suite import Family, Suite
from neurontest.errors import EvidenceError, NeurontestError, StoreError
from neurontest.files import cannot_write, remove, sweep
from neurontest.gate.compare import gated, open_to, survival_of
from neurontest.gate.floor import change_of
from neurontest.gate.margin import Margin
from neurontest.gate.reference.then import Then
from neurontest.gate.ways.by_kind import Causal, way_of
from neurontest.gate.ways.survival import Survival
from neurontest.kinds.causal import Necessary
from neurontest.run.evaluate import Run
from neurontest.text import plural
from neurontest.trace.threads import threads, with_threads
from neurontest.types import (
    Activations,
    Evidence,
    Floor,
    FloorRepeat,
    FloorVaries,
    Generation,
    GivenText,
    NoiseFloor,
    Progress,
    TraceRequest,
    reading_of,
)

Texts = Mapping[Generation, Mapping[str, tuple[GivenText, ...]]]
_SAID: Mapping[FloorVaries, str] = {"batch": "other batches", "threads": "other threads", "seed": "another seed"}
_RANDOM_SETS = "what random sets do is a part of its effect, and all of them would have to be forced anew"
_NOT_DRAWN = "it looks at no texts that are drawn"


@dataclass(frozen=True)
class _Repeat:
    """The same model once more.

    Attributes
    ----------
    said : str
        What is otherwise.
    suite : Suite
    batch_size, threads : int or None
        If they are otherwise. Nothing of that is in the names that traces are kept under: they would pass for the
        ordinary ones, and the ordinary ones for them.
    """

    varies: FloorVaries
    said: str
    suite: Suite
    batch_size: int | None = None
    threads: int | None = None


@dataclass
class _Found:
    """What became of the claims that held, by node; and why nothing is known of others."""

    survived: dict[str, Survival] = field(default_factory=dict)
    without: dict[str, str] = field(default_factory=dict)


def noise_floor(
    suite: Suite, then: Then, texts: Texts, asked: Sequence[FloorVaries], begin: Callable[[], Run], progress: Progress
) -> NoiseFloor:
    """What the claims of a reference change by where nothing of the model has changed.

    Parameters
    ----------
    suite : Suite
    then : Then
        The reference that was recorded of it.
    texts : mapping from Generation to mapping from prompt to tuple of GivenText
        What the model has written for it.
    asked : sequence of FloorVaries
        What is to be otherwise, one thing at a time.
    begin : callable
        Makes a run of the suite that can trace; may raise what keeps it from that.
    progress : Progress
    """
    repeats: list[FloorRepeat] = []
    floors: dict[str, Floor] = {}
    for varies in asked:
        said = _SAID[varies]
        try:
            own = begin()
            repeat = _repeat(varies, own, suite, texts)
            said = repeat.said
            found = _changes(repeat, own, then, suite, progress)
        except NeurontestError as error:
            repeats.append(FloorRepeat(varies, said, _line(error)))
            continue
        repeats.append(FloorRepeat(varies, said, without=found.without))
        for node, survived in found.survived.items():
            before = floors.get(node, Floor(unit=survived.unit))
            floors[node] = replace(before, **{varies: change_of(survived)})  # type: ignore[arg-type]
    return NoiseFloor(tuple(repeats), floors)


def _repeat(varies: FloorVaries, own: Run, suite: Suite, texts: Texts) -> _Repeat:
    if varies == "seed":
        if all(claim.generation.replay is not None for claim in suite.claims):
            raise EvidenceError("the texts are given, and not drawn")
        # At one that the suite is repeated at anyway it was traced.
        seed = suite.seeds[0] if suite.seeds else suite.generation.seed + 1
        said = f"seed {seed} instead of {suite.generation.seed}"
        return _Repeat(varies, said, at_seed(replace(suite, baselines=()), seed))
    alone = replayed(suite, texts)
    if varies == "batch":
        size = other_batch_size(own.batch_size, _most_texts(suite, texts))
        return _Repeat(varies, f"batches of {size} instead of {own.batch_size}", alone, batch_size=size)
    if own.model.device != "cpu":
        raise EvidenceError(f"the model computes on {own.model.device}, where threads make no difference")
    before = threads()
    after = 2 if before == 1 else 1
    return _Repeat(varies, f"{plural(after, 'thread')} instead of {before}", alone, threads=after)


def other_batch_size(size: int, texts: int) -> int:
    """A batch size with which so many texts are batched otherwise: a quarter of them, or of the ordinary size.

    Examples
    --------
    >>> other_batch_size(128, 500), other_batch_size(128, 24), other_batch_size(2, 24), other_batch_size(1, 24)
    (32, 6, 1, 2)
    """
    return 2 if size == 1 else max(1, min(size, texts) // 4)


def replayed(suite: Suite, texts: Texts) -> Suite:
    """A suite that reads the texts which a model wrote to it."""
    names = {generation: f"(texts {number})" for number, generation in enumerate(texts)}

    def given(one: Generation) -> Generation:
        return replace(one, replay=names[one]) if one in names else one

    known = {name: texts[generation] for generation, name in names.items()}
    return replace(written_anew(replace(suite, baselines=()), given), given={**suite.given, **known})


def _most_texts(suite: Suite, texts: Texts) -> int:
    """Texts that are read side by side if they can be."""
    every = [*texts.values(), *suite.given.values()]
    prompts = {prompt for concept in suite.concepts.values() for prompt in concept.prompts}
    return max([sum(map(len, one.values())) for one in every], default=len(prompts))


def _changes(repeat: _Repeat, own: Run, then: Then, suite: Suite, progress: Progress) -> _Found:
    def told(what: str, done: int, total: int, detail: str) -> None:
        progress(f"noise floor, {repeat.said}: {what}", done, total, detail)

    found = _Found()
    with (
        nullcontext(None) if repeat.varies == "seed" else _scratch(own.cache_dir) as folder,
        nullcontext() if repeat.threads is None else with_threads(repeat.threads),
    ):
        other = own.again(repeat.suite, told, cache_dir=folder, batch_size=repeat.batch_size)
        for family, changed in zip(suite.families, repeat.suite.families, strict=True):
            _of_family(found, repeat, family, changed, then, other, told)
            # Those of one family after the other would stay in memory.
            other.release()
    return found


def _of_family(
    found: _Found, repeat: _Repeat, family: Family, changed: Family, then: Then, other: Run, told: Progress
) -> None:
    held = gated(family, then)
    asked: dict[str, Claim] = {}
    for claim in changed.tested:
        if claim.id not in held:
            continue
        why = why_unknown(repeat.varies, held[claim.id][0], claim)
        if why:
            found.without[claim.node] = why
        else:
            asked[claim.id] = claim
    if not asked:
        return
    open_ = open_to(family, len(held))
    try:
        traces = other.traces(replace(changed, claims=tuple(asked.values())))
    except NeurontestError as error:
        found.without |= {claim.node: _line(error) for claim in asked.values()}
        return
    for number, (name, claim) in enumerate(asked.items()):
        told(f"comparing {family.file}", number, len(asked), "")
        try:
            now = _now(claim, held[name][1], other, traces)
            found.survived[claim.node] = survival_of(claim, then, now, traces, Margin(), open_)
        except NeurontestError as error:
            found.without[claim.node] = _line(error)


def _now(claim: Claim, before: Evidence, other: Run, traces: Mapping[TraceRequest, Activations]) -> Evidence:
    """What is known of a claim on other traces: of one that ablates a set, what that takes from each prompt."""
    if not isinstance(way_of(claim), Causal):
        return before  # which its test does not look at
    return replace(before, by_prompt=other.alone(claim, traces))


def why_unknown(varies: FloorVaries, own: Claim, claim: Claim) -> str:
    """Why nothing can be known of a claim where this is otherwise, in a sentence; empty if something can.

    Parameters
    ----------
    varies : {"batch", "threads", "seed"}
    own, claim : Claim
        As the suite makes it, and as it is made there.
    """
    kind = claim.kind
    if isinstance(way_of(claim), Causal) and not isinstance(kind, Necessary):
        return _RANDOM_SETS
    if varies != "seed":
        return ""
    how = own.generation
    drawn = how.replay is None and how.temperature > 0 and how.seed != claim.generation.seed
    reads = any(reading_of(one.positions).positions != "prompt" for one in kind.requests(claim))
    return "" if drawn and reads else _NOT_DRAWN


@contextmanager
def _scratch(cache_dir: Path) -> Iterator[Path]:
    """A folder within the cache for traces that nobody is to find; what a killed process has left of one goes first."""
    sweep(cache_dir, "floor.*")
    try:
        folder = Path(mkdtemp(prefix=f"floor.{os.getpid()}-", dir=cache_dir))
    except OSError as error:
        raise StoreError(cannot_write(cache_dir, error)) from error
    try:
        yield folder
    finally:
        remove(folder)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
