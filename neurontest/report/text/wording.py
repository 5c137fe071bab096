"""Plain text about claims: the failure text, and the words that all reports say of a claim."""

from __future__ import annotations

from collections.abc import Sequence

from neurontest.report.text import numbers
from neurontest.report.text.instead import instead
from neurontest.report.text.outcome import (
    outcome,
    status,
    vacuous,
)
from neurontest.report.text.since import sentence
from neurontest.report.text.standing import standing
from neurontest.text import plural
from neurontest.types import ClaimRecord, Evidence, KeyResult, NeuronSet, Record, Selection
from neurontest.untrusted import visible

POSITIONS = {"generated": "generated tokens", "last": "last token", "prompt": "prompt tokens"}
REDUCED = {"max": "largest value", "rate": "share above zero"}
CORRECTIONS = {"bonferroni": "Bonferroni", "holm": "Holm", "bh": "Benjamini-Hochberg", "by": "Benjamini-Yekutieli"}


def differs(claim: ClaimRecord) -> bool:
    """Whether a correction over all that the session's tests stated makes another verdict of a claim."""
    return claim.session is not None and claim.session.name != claim.verdict


def session(claim: ClaimRecord, declared: int) -> str:
    """What a correction over all that the session's tests stated makes of a claim, in a sentence; else empty."""
    if claim.session is None:
        return ""
    over = f"corrected over {plural(declared, 'claim')} that this session's tests stated"
    would = f"it would be {claim.session.name}" if differs(claim) else f"it stays {claim.session.name}"
    return f"{claim.verdict} by itself (p {_decisive_p(claim)}); {over} (p {_session_p(claim)}) {would}"


def _session_p(claim: ClaimRecord) -> str:
    if claim.session is None:
        return ""
    # The same p-value as the verdict's, so that the two can be compared.
    refuted = claim.verdict == "refuted"
    p = claim.session.p_opposite_adjusted if refuted else claim.session.p_adjusted
    return numbers.p_value(p, claim.statistics.alpha)


def effect(claim: ClaimRecord) -> str:
    """The effect with its interval, such as ``+3.1 neurons [-0.4, 6.2], m = 12``; empty without evidence."""
    if claim.evidence is None:
        return ""
    words = " ".join(filter(None, (numbers.effect(claim.evidence.effect), numbers.bounds(claim.evidence.effect))))
    return ", ".join(filter(None, (words, half_sample(claim))))


def half_sample(claim: ClaimRecord) -> str:
    """Such as ``m = 12``, the prompts that each set was selected from; empty where no number of neurons hangs on it."""
    found = claim.evidence
    return f"m = {found.m}" if found is not None and found.m and found.effect.unit == "neurons" else ""


def adjusted_p(claim: ClaimRecord) -> str:
    """The adjusted p-value that the verdict rests on, such as ``0.034`` or ``< 0.001``; empty without a verdict.

    The verdict of a claim that a test in Python stated rests on an uncorrected one: this is what it would be.
    """
    return "" if claim.judgement is None else (_session_p(claim) or _decisive_p(claim)).removeprefix("= ")


def headline(claim: ClaimRecord, *, suite: str, declared: int) -> str:
    """``file:line: sentence: verdict (...)``: the one line that stands alone.

    Parameters
    ----------
    claim : ClaimRecord
    suite : str
        The suite's folder, as the reader knows it.
    declared : int
        Claims that the p-value was corrected for.
    """
    file = claim.where.file if suite == "." or claim.test else f"{suite}/{claim.where.file}"
    since = f"; {claim.against.status} since the reference" if claim.against is not None else ""
    return one_line(f"{file}:{claim.where.line}: {claim.sentence}: {status(claim)}{_because(claim, declared)}{since}")


def failure_text(claim: ClaimRecord, *, suite: str, model: str, declared: int) -> str:
    """Why a claim did not pass: the headline, then the evidence in labelled lines.

    Parameters
    ----------
    claim : ClaimRecord
    suite : str
        The suite's folder, as the reader knows it.
    model : str
        The model's name.
    declared : int
        Claims that the p-value was corrected for.
    """
    facts: list[tuple[str, str]] = []
    if claim.against is not None:
        facts.append(("since", sentence(claim.against)))
    if claim.evidence is not None:
        facts += [
            ("effect", _effect_line(claim.evidence)),
            ("found", claim.judgement.found if claim.judgement else ""),
            ("tests", "   ".join(_key(key, claim) for key in claim.evidence.keys)),
            ("traced", _traced(claim, claim.evidence, model)),
        ]
    facts.append(("instead", instead(claim)))
    if claim.judgement is not None and claim.judgement.reason:
        facts.append(("why", claim.judgement.reason))
    if claim.evidence is not None:
        facts += [("to paste", copies.paste) for copies in claim.evidence.copies]
        facts.append(("detectable", detectable(claim)))
        facts += [("warning", warning) for warning in claim.evidence.warnings]
    if vacuous(claim):
        facts.append(("vacuous", vacuous(claim)))
    if "\n" in claim.error:
        facts.append(("error", claim.error))
    facts.append(("repeated", standing(claim)))
    if claim.session is not None:
        facts.append(("uncorrected", session(claim, declared)))
    if claim.xfail is not None:
        facts.append(("xfail", claim.xfail))
    lines = [f"  {name:<12} " + visible(said).replace("\n", "\n" + 15 * " ") for name, said in facts if said]
    return "\n".join([headline(claim, suite=suite, declared=declared), *lines])


def detectable(claim: ClaimRecord) -> str:
    """What effects the prompts at hand, twice and four times as many can show; empty unless it is inconclusive.

    Such as ``3.1 neurons with 24 prompts a concept, 2.2 with 48, 1.5 with 96 (power 0.8)``.
    """
    if claim.evidence is None or claim.judgement is None or not claim.judgement.detectable:
        return ""
    found, effects = claim.evidence.effect, claim.judgement.detectable
    amounts = numbers.distances([one.effect for one in effects], found, claim.selection.k)
    counts = [plural(effects[0].prompts, "prompt") + " a concept", *(f"{one.prompts:,}" for one in effects[1:])]
    words = ", ".join(f"{amount} with {count}" for amount, count in zip(amounts, counts, strict=True))
    beyond = f", beyond {numbers.quantity(found.reference, found.unit)}" if found.reference else ""
    return f"{words} (power 0.8{beyond})"


def corrected(claim: ClaimRecord, declared: int) -> str:
    """Such as `` after Holm over 6 claims``, or ``, uncorrected``."""
    return corrected_by(claim.statistics.correction, declared)


def corrected_by(method: str, declared: int) -> str:
    """The same of a correction by its name."""
    words = CORRECTIONS.get(method, "")
    return f" after {words} over {plural(declared, 'claim')}" if words else ", uncorrected"


def needed(claim: ClaimRecord) -> str:
    """What the adjusted p-value may be at most: ``0.05``, or ``0.00882 at look 1 of 2``."""
    alpha, look = claim.statistics.alpha, claim.statistics.look
    return f"{alpha:.3g} at look {look.number} of {look.of}" if look else f"{alpha:g}"


def notes(record: Record) -> list[str]:
    """What a run says once of all its claims: the looks that its files are at, and what a retest would be worth."""
    found = [
        f"{family.file}: look {family.look.number} of {family.look.of}, held to {family.alpha:.3g}; all looks together"
        f" to {family.look.alpha:g}"
        for family in record.families
        if family.look is not None and family.evaluated
    ]
    open_ = [claim for claim in record.claims if claim.selected and claim.verdict == "inconclusive"]
    if any(claim.statistics.looks is None for claim in open_):
        found.append(
            "inconclusive: a retest that includes these prompts errs up to .09 where alpha says .05; declare looks"
            " before the first run"
        )
    return [visible(one) for one in found]


def selection(claim: ClaimRecord) -> str:
    """The claim's neuron sets in a few words: ``residual, generated tokens, difference, top 10 by mean``."""
    return selected(claim.selection)


def selected(chosen: Selection) -> str:
    """The same of a selection."""
    words = f"{chosen.site}, {positions(chosen)}, {chosen.normalize}, top {chosen.k} by {chosen.select}"
    return words if chosen.identity == "neuron" else f"{words}, by {chosen.identity}"


def positions(chosen: Selection | NeuronSet) -> str:
    """What a selection reads: ``generated tokens``, or ``prompt tokens of 'Hanoi' but the first, largest value``."""
    words = POSITIONS.get(chosen.positions, chosen.positions)
    if chosen.match:
        words += f" of {chosen.match!r}"
    if chosen.exclude_first:
        words += " but the first" + (f" {chosen.exclude_first}" if chosen.exclude_first > 1 else "")
    return ", ".join(filter(None, (words, REDUCED.get(chosen.reduce, ""))))


def common_selection(claims: Sequence[ClaimRecord]) -> str:
    """The selection that all of some claims have in common; empty if they differ."""
    chosen = {selection(claim) for claim in claims}
    return chosen.pop() if len(chosen) == 1 else ""


def in_common(one: str, other: str) -> int:
    """How many characters two texts have in common at the beginning, up to the end of a word."""
    size = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    size = min(len(one), len(other)) if size is None else size
    while size and not one[size - 1].isspace():
        size -= 1
    return size


def prompts(evidence: Evidence) -> str:
    """How many prompts a concept has: ``10 prompts`` or ``10 to 24 prompts``."""
    counts = sorted(set(evidence.prompts.values()))
    if len(counts) > 1:
        return f"{counts[0]:,} to {counts[-1]:,} prompts"
    return plural(counts[0], "prompt") if counts else "no prompts"


def one_line(text: str) -> str:
    """A text in one line, of what can be seen."""
    return " ".join(visible(text).split())


def _decisive_p(claim: ClaimRecord) -> str:
    if claim.judgement is None:
        return ""
    refuted = claim.judgement.name == "refuted"
    p = claim.judgement.p_opposite_adjusted if refuted else claim.judgement.p_adjusted
    return numbers.p_value(p, claim.statistics.alpha)


def _because(claim: ClaimRecord, declared: int) -> str:
    if claim.judgement is None:
        said = (claim.error or claim.skip or "").split("\n", 1)[0]
        return f" ({said})" if said else ""
    opposite = " that the opposite holds" if claim.judgement.name == "refuted" else ""
    needs = f"needs {needed(claim)}"
    words = ", ".join(
        filter(None, (f"p {_decisive_p(claim)}{opposite}{corrected(claim, declared)}", needs, half_sample(claim)))
    )
    words = f" ({words}, borderline)" if claim.judgement.borderline else f" ({words})"
    surprising = outcome(claim) == "failed" and claim.verdict == "holds" and claim.xfail is not None
    return words + (", though marked xfail" if surprising else "")


def _effect_line(evidence: Evidence) -> str:
    found = evidence.effect
    interval = f"{numbers.level(found.interval)} {numbers.bounds(found)}" if found.interval else ""
    return "   ".join(filter(None, (numbers.effect(found), interval, found.name, found.note)))


def _key(key: KeyResult, claim: ClaimRecord) -> str:
    if key.draws is None:
        drawn = ""
    elif key.name in ("random sets", "rank"):
        drawn = f" ({key.draws:,})"
    else:
        drawn = f" ({'all ' if key.exact else ''}{plural(key.draws, 'relabeling')})"
    name = f"{key.name} {key.about}".rstrip()
    return f"{name} p {numbers.p_value(key.p, claim.judgement.threshold if claim.judgement else None)}{drawn}"


def _traced(claim: ClaimRecord, evidence: Evidence, model: str) -> str:
    replayed = claim.generation.replay
    texts = f"texts of {replayed}" if replayed else plural(claim.generation.samples, "sample")
    return f"{model}, {selection(claim)}, {prompts(evidence)} x {texts}"
