"""Claims about single neurons: that a named one is specific to a concept, or that a concept has any that is.

A neuron that was found in some data cannot be tested as a named one in the same data: name it in a spec with other
prompts. The report prints the line to paste.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from neurontest.claims.base import Kind, Mode, Slot, Terms, Traces, exchanged_within, ways_to_pick
from neurontest.types import Claim, Evidence, Thresholds, TraceRequest

if TYPE_CHECKING:
    from neurontest.claims.trial import Trial
    from neurontest.types import Estimate

#: Neurons of a search that are listed.
LISTED = 10
_AGAINST = "Concepts whose prompts it is told from"


class _Specific(Kind):
    """Prompts of one concept against those of others, neuron by neuron.

    Ranks and studentised differences are the same raw and after subtraction, so no baseline is needed.
    """

    selects: ClassVar[bool] = False

    def modes(self, claim: Claim) -> tuple[Mode, ...]:
        """Raw activations."""
        return (Mode("", claim.selection.reading, "raw"),)

    def half_sampled(self, claim: Claim) -> bool:
        """No: relabeling decides."""
        return False

    def smallest_p(self, claim: Claim) -> float:
        """One over the number of ways to deal the prompts to the concept and the others."""
        own, *others = claim.concepts.values()
        return 1 / ways_to_pick(own, others)

    def faults(self, claim: Claim) -> list[str]:
        """Prompts are exchanged between all concepts, or within the templates that all of them share."""
        found = super().faults(claim)
        if exchanged_within(list(claim.concepts.values())) is None:
            found.append(
                f"some of these concepts share templates and others do not; {self.name} exchanges the prompts of all"
            )
        return found


class SpecificNeuron(_Specific):
    """``neuron L11.mlp[756] is specific to hanoi against vietnam and tulip``."""

    name: ClassVar[str] = "specific"
    sentence: ClassVar[str] = "neuron {neuron} is specific to {of} against {against}"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("neuron", "neuron", "The neuron, found in other prompts than these, such as L11.mlp[756]"),
        Slot("of", "concept", "The concept"),
        Slot("against", "concepts", _AGAINST),
    )
    summary: ClassVar[str] = "A named neuron is more active on a concept's prompts than on those of others"
    minimum: ClassVar[int] = 4
    advised: ClassVar[int] = 6

    def requests(self, claim: Claim) -> tuple[TraceRequest, ...]:
        """Those at the neuron's own site."""
        return super().requests(_at_site(claim))

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """AUROC, by relabeling: the prompts of the concept and the others are exchanged."""
        import numpy as np

        from neurontest.claims.permutation import permutation_key
        from neurontest.claims.single import column_of, rank_sums
        from neurontest.claims.trial import Trial
        from neurontest.stats.auroc import auroc, average_precision, delong_interval, plan_auroc
        from neurontest.types import Estimate, Interval

        of, against = claim.said("of"), claim.listed("against")
        trial = Trial(self, _at_site(claim), traces)
        column = column_of(trial, claim.said("neuron"))
        values = {name: trial.scores(name)[:, column] for name in (of, *against)}
        own, others = values[of], np.concatenate([values[name] for name in against])
        area = auroc(own, others)
        key, null = permutation_key(
            trial,
            rank_sums(own, others),
            [trial.n[name] for name in (of, *against)],
            thresholds,
            f"the prompts of {of} and of the others are exchangeable; they are dealt anew to the two",
            ".042-.060 (nominal .05)",
            both_sides=True,
        )
        level = claim.statistics.confidence
        interval = Interval(*delong_interval(own, others, level), level, "logit DeLong")
        apart = [Estimate(f"against {name}", auroc(own, values[name]), "AUROC") for name in against]
        return trial.found(
            Estimate(f"{claim.said('neuron')}, {of} above the others", area, "AUROC", interval, 0.5),
            [key],
            [null],
            [*apart, Estimate("average precision", average_precision(own, others), "")],
            plan_auroc(area, len(own), len(others), thresholds.smallest),
            p_opposite=1.0 if key.p_opposite is None else key.p_opposite,
        )


class HasSpecificNeurons(_Specific):
    """``hanoi has specific neurons [against vietnam and tulip]``."""

    name: ClassVar[str] = "specific_any"
    sentence: ClassVar[str] = "{of} has specific neurons[ against {against}]"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("of", "concept", "The concept"),
        Slot("against", "concepts", f"{_AGAINST} (default: all others of the suite)", optional=True),
    )
    summary: ClassVar[str] = "Some neuron, searched among all, is more active on a concept's prompts than on others"

    def named(self, terms: Terms, known: Sequence[str]) -> tuple[str, ...]:
        """All concepts of the suite, if none is named to compare with."""
        names = super().named(terms, known)
        return names if "against" in terms else (*names, *(name for name in known if name not in names))

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """Welch's t, the largest over all neurons, by relabeling (max-T)."""
        import numpy as np

        from neurontest.claims.permutation import largest_key
        from neurontest.claims.single import critical, label
        from neurontest.claims.trial import Trial
        from neurontest.stats.max_t import Welch
        from neurontest.stats.power import plan_by_root_n
        from neurontest.types import Estimate

        of = claim.said("of")
        others = [name for name in claim.concepts if name != of]
        trial = Trial(self, claim, traces)
        values = np.concatenate([trial.scores(name) for name in (of, *others)])
        found, key, null = largest_key(
            trial,
            Welch(values),
            [trial.n[name] for name in (of, *others)],
            thresholds,
            f"the prompts of {of} and of the others are exchangeable; they are dealt anew to the two",
            ".046-.054, .078 if one of them is much noisier (nominal .05)",
        )
        best = found.observed.argsort(kind="stable")[::-1][:LISTED]
        shown = [one for one in best if found.adjusted[one] <= claim.statistics.alpha] or [int(best[0])]
        again = " and ".join(filter(None, [", ".join(others[:-1]), others[-1]]))
        listed = [
            Estimate(
                label(trial, one),
                float(found.observed[one]),
                "Welch t",
                note=f"adjusted p {found.adjusted[one]:.2g}; to test it on other prompts: "
                f"'neuron {label(trial, one)} is specific to {of} against {again}'",
            )
            for one in shown
        ]
        count = int((found.adjusted <= claim.statistics.alpha).sum())
        return trial.found(
            Estimate(
                f"largest Welch t of any neuron ({label(trial, int(best[0]))})",
                found.largest.observed,
                "",
                reference=critical(found, thresholds.largest),
                note=f"{count} of {len(found.observed):,} neurons are specific at {claim.statistics.alpha:g}",
            ),
            [key],
            [null],
            [_cross_fitted(trial, of, others), *listed],
            plan_by_root_n(found.largest.observed, critical(found, thresholds.smallest), min(trial.n.values())),
            p_opposite=1.0,
        )


def _cross_fitted(trial: Trial, of: str, others: Sequence[str]) -> Estimate:
    """AUROC, on one half of all prompts, of the neuron that stands out most in the other half."""
    import numpy as np

    from neurontest.stats.auroc import auroc
    from neurontest.stats.halves import draw_halves
    from neurontest.stats.max_t import Welch
    from neurontest.types import Estimate

    pairs = 10
    values = {name: trial.scores(name) for name in (of, *others)}
    drawn = {
        # Concepts that share templates have the same halves: a template scores no neuron that it helped to find.
        name: draw_halves(len(rows), len(rows) // 2, pairs, trial.stream("cross-fit", trial.sample_of[name])).subsets
        for name, rows in values.items()
    }
    areas = []
    for half in range(2 * pairs):
        # Rows 2 r and 2 r + 1 are disjoint.
        chosen, rest = ({name: rows[drawn[name][at] == 1] for name, rows in values.items()} for at in (half, half ^ 1))
        stacked = np.concatenate(list(chosen.values()))
        first = np.zeros((1, len(stacked)))
        first[0, : len(chosen[of])] = 1.0
        best = int(Welch(stacked)(first, 0, stacked.shape[1])[0].argmax())
        areas.append(auroc(rest[of][:, best], np.concatenate([rest[name][:, best] for name in others])))
    return Estimate(
        "AUROC, neuron found in one half and scored in the other",
        float(np.mean(areas)),
        "AUROC",
        note="cross-fitted: scored where it was found, the best of many neurons flatters itself",
    )


def _at_site(claim: Claim) -> Claim:
    """The claim at the site of the neuron that it names."""
    found = re.search(r"\.(\w+)\[", claim.said("neuron"))
    return claim.at(site=found[1]) if found else claim
