"""Families tested again, at other seeds of the texts and with other baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from neurontest.claims.alternatives import Alternative, alternatives
from neurontest.claims.suite import Family, Suite
from neurontest.errors import EvidenceError, StoreError, TraceError
from neurontest.kinds.preserved import Preserved
from neurontest.run.tested import Tested
from neurontest.types import Finding, Progress, Repeat, TraceRecord

_OF_ONE_RUN = "a reference is of the run's own texts and baseline"
#: Makes the run of a suite on the same model, that tells of its progress so.
Begin = Callable[[Suite, Progress], Tested]


class Repeats:
    """A suite's other seeds and baselines, each a run of its own with the cache in common.

    Parameters
    ----------
    suite : Suite
    begin : callable
        Makes the run of an alternative.
    progress : Progress
    """

    def __init__(self, suite: Suite, begin: Begin, progress: Progress) -> None:
        self._all = alternatives(suite)
        self._begin, self._progress = begin, progress
        self._runs: dict[int, Tested] = {}

    @property
    def cost(self) -> TraceRecord:
        """What tracing for them cost so far."""
        return sum((run.cost for run in self._runs.values()), TraceRecord())

    def noticed(self) -> Iterator[str]:
        """What a reader of the results should know of them."""
        for run in self._runs.values():
            yield from run.noticed()

    def of(self, family: Family, own: Tested, seconds: float) -> Mapping[str, tuple[Repeat, ...]]:
        """What becomes of a family's claims, by id.

        A family is tested whole here too, and corrected over all its claims.

        Parameters
        ----------
        own : Tested
            The run itself, of which the family is evaluated.
        seconds : float
            What tracing for it took.

        Raises
        ------
        ModelError
            If the model cannot be had.
        """
        found: dict[str, list[Repeat]] = {claim.id: [] for claim in family.tested}
        for number, alternative in enumerate(self._all):
            changed = next(one for one in alternative.suite.families if one.file == family.file)
            try:
                run = self._run(number, seconds)
                findings = run.findings(changed)
                for claim, other in zip(family.tested, changed.tested, strict=True):
                    if isinstance(claim.kind, Preserved):
                        found[claim.id].append(
                            Repeat(alternative.varies, alternative.value, "not tested", reason=_OF_ONE_RUN)
                        )
                        continue
                    # A claim is traced with the baseline whether or not it uses it; at another seed draws differ.
                    if alternative.varies == "seed":
                        is_same = own.digests(claim) == run.digests(other)
                    else:
                        is_same = own.finding(claim).evidence == findings[claim.id].evidence
                    found[claim.id].append(_repeat(alternative, findings[claim.id], is_same=is_same))
                # Those of one seed after the other would stay in memory.
                run.release()
            except (TraceError, StoreError, EvidenceError) as error:
                for repeats in found.values():
                    repeats.append(Repeat(alternative.varies, alternative.value, "not tested", reason=f"{error}"))
        return {one: tuple(repeats) for one, repeats in found.items()}

    def trace(self, seconds: float) -> None:
        """Trace what the repeats look at, and test nothing; `seconds` is what tracing for the run itself took.

        Raises
        ------
        NeurontestError
            If the model cannot be had, or tracing fails.
        """
        for number in range(len(self._all)):
            self._run(number, seconds).trace()

    def _run(self, number: int, seconds: float) -> Tested:
        if number not in self._runs:
            alternative = self._all[number]
            left = len([one for one in self._all[number:] if one.varies == "seed"])
            # All write as many texts; if they were there so far, nothing tells how long these will take.
            seconds = max([seconds, *(run.cost.seconds for run in self._runs.values())])
            time = f", about {_minutes(seconds * left)} of tracing left" if seconds and left else ""
            where = f"{alternative.varies} {alternative.value} (repeat {number + 1} of {len(self._all)}{time})"

            def told(what: str, done: int, total: int, detail: str) -> None:
                self._progress(f"{where}: {what}", done, total, detail)

            self._runs[number] = self._begin(alternative.suite, told)
        return self._runs[number]


def _repeat(alternative: Alternative, finding: Finding, *, is_same: bool) -> Repeat:
    verdict = finding.verdict
    return Repeat(
        alternative.varies,
        alternative.value,
        "same" if is_same else verdict.name,
        effect=finding.evidence.effect.value,
        p_adjusted=verdict.p_opposite_adjusted if verdict.name == "refuted" else verdict.p_adjusted,
    )


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{max(seconds, 1):.0f} s"
