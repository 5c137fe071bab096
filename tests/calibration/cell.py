"""The cells of the full grid: a world, what is claimed of it, and what is true; and how a data set of one is tested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal
from unittest.mock import patch

import numpy as np

from neurontest.claims.base import Claim, Traces
from neurontest.claims.suite import Family
from neurontest.evidence.procedure import procedure_of
from neurontest.evidence.rates import design_of
from neurontest.evidence.trial import Trial
from neurontest.run.settle import settle
from neurontest.stats.calibration import Design
from neurontest.stats.family.correction import thresholds
from neurontest.stats.relabeling.relabel import relabel
from neurontest.stats.relabeling.whole_sets import overlap_difference
from neurontest.types import Activations, Estimate, Evidence, Selection, Thresholds, TraceRequest, WriteRequest, silent
from neurontest.verdict import judge, p_bounds, p_opposite_bounds
from tests.calibration.counts import ALL, Outcome
from tests.worlds import claim_on

if TYPE_CHECKING:
    from tests.calibration.worlds.base import Made, Make

MEAN, CONSISTENCY = Selection(), Selection(select="consistency")
#: Prompts and neurons in a set, where sets are not of ten.
SIZES = ((10, 1), (10, 50), (20, 50), (20, 200))
#: Relabelings of a data set, where seeds are not what is asked about.
RELABELINGS = 199
#: The name of the test of whole sets, as it is usually done.
PEER = "whole sets, relabelled"


@dataclass(frozen=True)
class Cell:
    """One cell of the grid.

    Attributes
    ----------
    truth : {"null", "boundary", "true", "false"}
        The claim's null holds and so does its opposite's; its estimand is the reference value, so that both sides'
        errors show; the claim is true; its opposite is.
    n : int
        Prompts of a concept.
    make : callable
        From the cell and a seed to a data set.
    role : {"reference", "stress"}
        Whether the world is one that the test is meant for, or one that strains what it assumes.
    test : {"both", "permutation", "half-sample"}
        Which tests the claim asks for, where it has a choice.
    others : mapping from concept to int
        Concepts with another number of prompts.
    stability : bool
        Two further seeds are asked for the same data.
    dealt : bool
        The prompts are those of the shipped suite, dealt at random.
    peer : bool
        Tested as it is usually done, for comparison: whole sets, and the prompts of b and c permuted.
    data_sets : int
        The most that are looked at: fewer where one takes seconds.
    """

    kind: str
    world: str
    truth: Literal["null", "boundary", "true", "false"]
    n: int
    selection: Selection
    make: Make
    role: Literal["reference", "stress"] = "reference"
    test: Literal["both", "permutation", "half-sample"] = "both"
    others: Mapping[str, int] = field(default_factory=dict)
    stability: bool = False
    dealt: bool = False
    peer: bool = False
    data_sets: int = ALL

    def sizes(self, names: Iterable[str]) -> list[int]:
        """Prompts of each of these concepts."""
        return [self.others.get(name, self.n) for name in names]

    def look(self, seed: int) -> Outcome:
        """Make a data set, and test it."""
        return run_cell(self, seed)

    @cached_property
    def key(self) -> str:
        """What tells the cell from all others, and a reader what it is."""
        sizes = "".join(f", {count} of {name}" for name, count in self.others.items())
        test = "" if self.test == "both" else f", {self.test}"
        chosen = f"{self.selection.select}, k = {self.selection.k}"
        return f"{self.kind}: {self.world}; n = {self.n}{sizes}; {chosen}{test}"


def run_cell(cell: Cell, seed: int, made: Made | None = None) -> Outcome:
    """Make a data set, and test it."""
    made = made or cell.make(cell, seed)
    first = _test(cell, made, seed)
    if not cell.stability:
        return first
    others = [_test(cell, made, seed + shift) for shift in (100_000, 200_000)]
    clear = {(one.holds, one.refuted) for one in (first, *others) if not one.borderline}
    return replace(first, contradictory=len(clear) > 1)


def _test(cell: Cell, made: Made, seed: int) -> Outcome:
    parts = [_claim(cell, made, seed, at) for at in range(1 + len(made.others))]
    if cell.peer:
        return _whole_sets(cell, Trial(*parts[0]))
    traces = {request: found for _, own in parts for request, found in own.items()}
    claims = tuple(claim for claim, _ in parts)
    family = Family(claims[0].where.file, claims, claims[0].statistics)
    grid = tuple(thresholds(family.statistics.alpha, len(claims), family.statistics.correction))
    for claim, _ in parts:
        _answer(claim, traces, made, Thresholds.of(*grid))
    hurried = len(claims) == 1 and not cell.stability
    with few_relabelings() if hurried else nullcontext():
        found = settle(family, traces, silent)
    verdicts = judge(family, found)
    first = found[claims[0].id]
    wrong: set[str] = {verdicts[claims[at].id].name for at in made.false}
    if hurried:
        wrong |= _by_estimate(first, claims[0].statistics.alpha)
    design = design_of(claims[0], first)
    return Outcome(
        # A family's rate is told of no single claim.
        design=replace(design, form=f"in a family of {len(claims)}") if made.others else design,
        p=first.p,
        p_opposite=first.p_opposite,
        holds="holds" in wrong,
        refuted="refuted" in wrong,
        alone={
            name: max(key.p for key in first.keys if key.name == name) <= claims[0].statistics.alpha
            for name in design.tests
        },
        covers=_covers(cell, made, (first.effect, *first.details)),
        borderline=not hurried and any(verdicts[claims[at].id].borderline for at in made.false),
    )


@contextmanager
def few_relabelings() -> Iterator[None]:
    """Relabelings are drawn, and as many as is said here, whatever is in doubt: only until this is left.

    Raises
    ------
    LookupError
        If the relabeling test has no such settings.
    """
    asked = {"fewest": RELABELINGS, "most": RELABELINGS, "enumerated": 0}
    settings = relabel.__kwdefaults__ or {}
    if not asked.keys() <= settings.keys():
        raise LookupError(f"relabel takes {sorted(settings)}")
    with patch.dict(settings, asked):
        yield


def _by_estimate(found: Evidence, alpha: float) -> set[str]:
    """The verdict by p-values that draws left in doubt as they are.

    A test of few relabelings errs as often as one of many (Phipson and Smyth 2010), and takes a tenth of the time.
    """
    out = set()
    for name, p, (low, high) in (
        ("holds", found.p, p_bounds(found)),
        ("refuted", found.p_opposite, p_opposite_bounds(found)),
    ):
        if low <= alpha < high and p <= alpha:
            out.add(name)
    return out


def _claim(cell: Cell, made: Made, seed: int, at: int) -> tuple[Claim, Traces]:
    rows = next(one if isinstance(one, np.ndarray) else next(iter(one.values())) for one in made.data.values())
    claim, traces = claim_on(
        (made.sentence, *made.others)[at],
        made.data,
        made.baseline,
        width=rows.shape[1] // made.layers,
        selection=cell.selection,
        statistics=replace(made.statistics, test=cell.test),
        seed=seed,
        groups=made.groups,
    )
    if claim.kind.name != cell.kind:
        raise ValueError(f"{cell.key} is about {claim.kind.name}")
    concepts = {name: replace(one, words=made.words) for name, one in claim.concepts.items()}
    return replace(claim, id=f"{claim.id}-{at}", concepts=concepts), traces


def _answer(claim: Claim, traces: dict[TraceRequest, Activations], made: Made, grid: Thresholds) -> None:
    """Answer what a causal claim asks of the model, look by look."""
    before: dict[tuple[str, ...], int] = {}
    shape = next(iter(traces.values()))
    while requests := procedure_of(claim.kind).scores(claim, traces, grid):
        for request in requests:
            if made.answers is None:
                raise ValueError(f"{claim.sentence!r} asks for what this world cannot answer")
            if isinstance(request, WriteRequest):
                # All neurons write as much: the likes of the set are drawn, and the world says what they do.
                ones = np.ones((1, shape.layers * shape.width), dtype=np.float32)
                traces[request] = replace(shape, values=ones, digest="")
                continue
            drawn = before.get(request.prompts, 0)
            # The set itself is in every look.
            places = [0, *range(1 + drawn, drawn + len(request.forcings))]
            found = made.answers(request)
            values = np.zeros((len(request.prompts), len(request.scores), 1 + len(places)), dtype=np.float32)
            for at, score in enumerate(request.scores):
                values[:, at, 1:] = found[score][: len(values), places]
            before[request.prompts] = drawn + len(places) - 1
            traces[request] = replace(
                shape,
                values=values.reshape(len(values), -1),
                layers=len(request.scores),
                width=1 + len(places),
                digest="",
            )


def _covers(cell: Cell, made: Made, estimates: Sequence[Estimate]) -> bool | None:
    """Whether the interval of what the world knows holds it.

    Raises
    ------
    ValueError
        If there is no such interval, or the claim is tested against another value than the world takes for the truth
        at a boundary: the world then says nothing of the claim's error.
    """
    if made.truth is None:
        if cell.truth == "boundary":
            raise ValueError(f"{cell.key}: the truth at a boundary is not told")
        return None
    one = next((one for one in estimates if made.about in one.name), None)
    if one is None or one.interval is None:
        raise ValueError(f"{cell.key}: no interval of {made.about or 'the effect'!r}")
    if cell.truth == "boundary" and (one.reference is None or abs(one.reference - made.truth) > 1e-3):
        raise ValueError(f"{cell.key}: {one.name!r} is tested against {one.reference}, and the truth is {made.truth}")
    return one.interval.low <= made.truth <= one.interval.high


def _whole_sets(cell: Cell, trial: Trial) -> Outcome:
    pool = trial.selector(np.concatenate([trial.scores(name) for name in "bc"]), min(trial.n["b"], trial.n["c"]))
    statistic = overlap_difference(pool, trial.full("a")[pool.columns])
    found = relabel(statistic, (trial.n["b"], trial.n["c"]), trial.stream("peer"), fewest=199, most=199, enumerated=0)
    chosen = trial.claim.selection
    counts = tuple(trial.n.values())
    return Outcome(
        Design(cell.kind, "", (PEER,), chosen.select, chosen.k, (min(counts), max(counts))),
        found.p,
        1.0,
        holds=found.p <= trial.claim.statistics.alpha,
        refuted=False,
        alone={PEER: found.p <= trial.claim.statistics.alpha},
    )
