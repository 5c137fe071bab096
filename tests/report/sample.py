"""A record as a real run writes it, made by hand: every verdict, both keys, and texts that mean harm."""

from __future__ import annotations

import re
from math import exp
from random import Random

from neurontest.stats.family.power import detectable
from neurontest.types import (
    BASELINE,
    RECORD_VERSION,
    TOKENS_VERSION,
    ClaimRecord,
    ConceptRecord,
    ConceptTokens,
    Continuation,
    Estimate,
    Evidence,
    FamilyRecord,
    Generation,
    Interval,
    KeyResult,
    Location,
    ModelRecord,
    Neuron,
    NeuronSet,
    NullSummary,
    OverlapMatrix,
    Record,
    Selection,
    Spread,
    Statistics,
    TokensRecord,
    TokenText,
    TraceRecord,
    Verdict,
)

CONCEPTS = ("tulip", "vietnam", "hanoi", "violent")
GENERATION = Generation()
SMALL = Selection(select="consistency", k=10)
LARGE = Selection(k=200)
STATISTICS = Statistics()

#: What a prompt file or a model may hold, and no report may obey.
HOSTILE = (
    "<script>alert(1)</script>",
    "</style></title><img src=x onerror=alert(2)>",
    "]]> & <![CDATA[ \"double\" and 'single'",
    "{{ record.seed }} {% raw %} javascript:alert(3)",
    "זרי צבעונים פורחים באביב \u202eabc\u202c",
    "tulips 🌷🌷 and emoji 👩🏽‍🌾",
    "control \x00\x07\x1b[31mred\x1b[0m \x85 \ufffe\r\nnew line\rback",
)


def histogram(observed: float, draws: int) -> NullSummary:
    edges = tuple(-4 + 0.25 * n for n in range(33))
    counts = [round(draws * 0.0997 * exp(-((edge + 0.125) ** 2) / 2)) for edge in edges[:-1]]
    counts[16] += draws - sum(counts)
    return NullSummary("permutation", observed, edges, tuple(counts))


def permutation(statistic: float, p: float, draws: int, exceedances: int, *, exact: bool = False) -> KeyResult:
    return KeyResult(
        name="permutation",
        null="The prompts of vietnam and violent are exchangeable: dealt anew to the two, every set selected anew.",
        statistic=statistic,
        p=p,
        p_opposite=None,
        p_floor=1 / 32_247_603_683_100,
        draws=draws,
        exceedances=exceedances,
        exact=exact,
        half_pairs=40,
        error_rate="0.033 to 0.057 at a nominal 0.05 where the two concepts are alike (simulated, 10 to 24 prompts)",
    )


def half_sample(statistic: float, p: float, df: float = 23.0) -> KeyResult:
    return KeyResult(
        name="half-sample",
        null="Half-sample sets of hanoi share no more neurons with those of vietnam than with those of violent.",
        statistic=statistic,
        p=p,
        p_opposite=1 - p,
        p_floor=1e-12,
        df=df,
        exact=False,
        half_pairs=800,
        monte_carlo_se=0.031,
        error_rate="0.011 to 0.034 at a nominal 0.05 (simulated)",
    )


def greater(value: float, low: float, high: float, *, than: str = "violent") -> Estimate:
    return Estimate(
        f"hanoi/vietnam minus hanoi/{than}",
        value,
        interval=Interval(low, high, 0.95, "half-t"),
        reference=0.0,
        note=f"All prompts: hanoi/vietnam 90 of 200, hanoi/{than} 81 of 200",
    )


def claim(
    line: int, name: str, sentence: str, kind: str, family: str = "geography.yaml", **said: object
) -> ClaimRecord:
    facts: dict[str, object] = {
        "terms": {},
        "verdict": "not evaluated",
        "selected": True,
        "outcome": "",
        "generation": GENERATION,
        "selection": LARGE,
        "statistics": STATISTICS,
        "duration": 0.25,
    }
    where = Location(family, line, 5)
    return ClaimRecord(name, family, where, sentence, kind, **(facts | said))  # type: ignore[arg-type]


def evidence(effect: Estimate, keys: tuple[KeyResult, ...], **said: object) -> Evidence:
    facts: dict[str, object] = {
        "p": max(key.p for key in keys),
        "p_opposite": 1 - keys[-1].p,
        "nulls": tuple(
            histogram(key.statistic, key.draws or 0)
            if key.name == "permutation"
            else NullSummary("t", key.statistic, df=key.df)
            for key in keys
        ),
        "details": (),
        "prompts": dict.fromkeys(("hanoi", "vietnam", "violent"), 24),
        "m": 12,
    }
    return Evidence(effect, keys, **(facts | said))  # type: ignore[arg-type]


def details(*, k: int) -> tuple[Estimate, ...]:
    return (
        Estimate("hanoi/vietnam", 0.41 * k, interval=Interval(0.34 * k, 0.48 * k, 0.95, "half-t")),
        Estimate("hanoi/violent", 0.26 * k, interval=Interval(0.20 * k, 0.32 * k, 0.95, "half-t")),
        Estimate(
            "hanoi/vietnam, all prompts", float(round(0.45 * k)), note="The headline count: sets of all 24 prompts."
        ),
        Estimate("share of the ceiling", 0.682, unit="share", note="Of what two halves of a concept share."),
        Estimate(
            "hanoi/vietnam minus hanoi/violent, bootstrap",
            0.13 * k,
            interval=Interval(0.02 * k, 0.22 * k, 0.95, "percentile bootstrap"),
            note="Measured coverage 0.885 to 0.99.",
        ),
    )


CLAIMS = (
    claim(
        4,
        "hanoi-vietnam",
        "hanoi overlaps vietnam more than violent",
        "overlap_greater",
        terms={"of": "hanoi", "with": "vietnam", "than": "violent"},
        verdict="holds",
        outcome="passed",
        tags=("slow",),
        evidence=evidence(
            greater(29.84, 12.11, 47.57),
            (permutation(3.42, 0.0012, 9_214, 10), half_sample(3.48, 0.001013)),
            details=details(k=200),
            spread=Spread(65.0, 24),
        ),
        judgement=Verdict("holds", 0.0036, 1.0, 0.05 / 3),
    ),
    claim(
        7,
        "hanoi-vietnam-top-10",
        "hanoi overlaps vietnam more than violent",
        "overlap_greater",
        verdict="inconclusive",
        outcome="xfailed",
        selection=SMALL,
        xfail="ten neurons are too few to show it on this model: p = 0.21 over 6 claims",
        evidence=evidence(
            greater(1.134, -0.42, 2.69),
            (permutation(1.81, 0.0344, 9_214, 317), half_sample(1.51, 0.0725)),
            details=details(k=10),
            spread=Spread(0.563, 24),
            warnings=("2 of 10 neurons of hanoi were placed by a tie.",),
        ),
        judgement=Verdict(
            "inconclusive",
            0.0725,
            1.0,
            0.05,
            reason="Too little evidence either way.",
            detectable=detectable(Spread(0.563, 24), 0.05),
        ),
    ),
    claim(
        11,
        "hanoi-tulip",
        "hanoi overlaps vietnam more than tulip",
        "overlap_greater",
        verdict="inconclusive",
        outcome="failed",
        evidence=evidence(
            greater(9.2, -2.2, 20.6, than="tulip"),
            (permutation(1.94, 0.0251, 9_999, 250), half_sample(1.67, 0.0502)),
            prompts={"hanoi": 24, "vietnam": 24, "tulip": 20},
            m=10,
            spread=Spread(30.3, 20),
        ),
        judgement=Verdict(
            "inconclusive",
            0.0502,
            1.0,
            0.05,
            "Too little evidence either way.",
            borderline=True,
            detectable=detectable(Spread(30.3, 20), 0.05),
        ),
    ),
    claim(
        15,
        "tulip-violent",
        "hanoi overlaps tulip more than violent",
        "overlap_greater",
        verdict="skipped",
        outcome="skipped",
        skip="nobody knows what to expect",
    ),
    claim(
        3,
        "distinct",
        "tulip, vietnam, hanoi and violent have distinct neurons",
        "distinct",
        "writeup.yaml",
        verdict="holds",
        outcome="passed",
        evidence=evidence(
            Estimate(
                "two halves of a concept minus two concepts",
                61.3,
                interval=Interval(52.0, 70.6, 0.95, "half-t"),
                reference=0.0,
            ),
            (permutation(14.2, 1 / 20_000, 20_000, 1, exact=True), half_sample(13.2, 1.4e-12)),
            prompts=dict.fromkeys(CONCEPTS, 24),
        ),
        judgement=Verdict("holds", 0.0002, 1.0, 0.0125),
    ),
    claim(
        5,
        "raw-differs",
        "baseline-normalized sets differ from raw",
        "sets_differ",
        "writeup.yaml",
        verdict="refuted",
        outcome="failed",
        evidence=evidence(
            Estimate("raw/normalized, worst of 4 concepts", 0.712, "share", Interval(0.64, 0.784, 0.95, "half-t"), 0.5),
            (half_sample(-6.09, 0.9999984),),
            prompts=dict.fromkeys(CONCEPTS, 24),
        ),
        judgement=Verdict("refuted", 1.0, 6.4e-6, 0.05),
    ),
    claim(
        9,
        "consistent",
        "tulip has consistent neurons",
        "consistent",
        "writeup.yaml",
        verdict="holds",
        selected=False,
        evidence=evidence(
            Estimate("two halves of tulip", 0.412, "share", Interval(0.33, 0.494, 0.95, "half-t"), 0.3),
            (half_sample(2.83, 0.0048),),
            prompts={"tulip": 24},
        ),
        judgement=Verdict("holds", 0.0144, 1.0, 0.0167),
    ),
    claim(
        13,
        "positions",
        "all generated tokens separate tulip, vietnam, hanoi and violent better than the last token",
        "positions_more_distinct",
        "writeup.yaml",
        outcome="error",
        error="the activations of layer 12 are not finite for the prompt '<b>tulips</b>\x1b[2J'; use float32",
    ),
    claim(2, "later", "violent has consistent neurons", "consistent", "sub/later.yaml", selected=False),
)


def neuron_set(concept: str, selection: Selection, positions: str, normalize: str) -> NeuronSet:
    dice = Random(f"{concept} {positions} {normalize} {selection.k}")  # noqa: S311
    occurrences = sorted((dice.randint(3, 19) for _ in range(selection.k)), reverse=True)
    neurons = tuple(
        Neuron(
            rank=rank,
            layer=dice.choice((29, 29, 29, 28, 27)),
            index=dice.randrange(576),
            score=round(9 / rank + dice.random(), 4),
            occurrences=count,
            share=count / 24,
            tied=rank in (9, 10),
        )
        for rank, count in enumerate(occurrences, start=1)
    )
    return NeuronSet(concept, "residual", positions, normalize, selection.select, selection.k, "neuron", 24, neurons)


def concept(name: str) -> ConceptRecord:
    prompts = tuple(f"Prompt {number} about {name}, in the words of someone who" for number in range(1, 25))
    if name == "violent":
        prompts = (*HOSTILE, *prompts[len(HOSTILE) :])
    continuations = tuple(
        Continuation(
            prompt,
            sample,
            HOSTILE[number % 7]
            if name == "violent"
            else f" had seen it once.\n\nThe {name} was there, and so were we; " * 3,
            40,
            ended=(number + sample) % 5 == 0,
            near_boundary=int(number == 3),
        )
        for number, prompt in enumerate(prompts)
        for sample in range(4)
    )
    sets = tuple(
        neuron_set(name, selection, positions, normalize)
        for selection, normalize in ((SMALL, "raw"), (SMALL, "difference"), (LARGE, "difference"))
        for positions in ("last", "generated")
    )
    return ConceptRecord(name, prompts, f"prompts/{name}.txt", continuations, sets)


def overlap(kind: str, positions: str, counts: tuple[tuple[float, ...], ...]) -> OverlapMatrix:
    setting: dict[str, str | int] = {"site": "residual", "select": "consistency", "k": 10}
    return OverlapMatrix(setting, kind, positions, CONCEPTS, tuple(tuple(map(float, row)) for row in counts))  # type: ignore[arg-type]


OVERLAPS = (
    overlap("normalized", "generated", ((10, 6, 5, 3), (6, 10, 6.5, 5), (5, 6.5, 10, 2), (3, 5, 2, 10))),
    overlap("raw", "generated", ((10,) * 4,) * 4),
    overlap("raw", "last", ((10, 10, 9, 9), (10, 10, 9, 9.5), (9, 9, 10, 10), (9, 9.5, 10, 10))),
    overlap("normalized", "last", ((10, 6, 5, 6), (6, 10, 6, 5), (5, 6, 10, 4), (6, 5, 4, 10))),
)


def tokens(name: str) -> ConceptTokens:
    """Three texts of a concept, a word a token, at which its neurons are active in all ways."""
    dice = Random(name)  # noqa: S311
    texts = []
    for text in concept(name).continuations[:12:4]:
        before, after = (re.findall(r"\s*\S+\s*$|\s*\S+", part) for part in (text.prompt, text.text))
        pieces = (*before, *after)
        values = [round(dice.gauss(20, 40), 1) for _ in pieces[1:-1]]
        texts.append(TokenText(text.prompt, text.sample, pieces, len(before), (None, *values, None)))
    return ConceptTokens(name, tuple(texts), LARGE.k)


def sample() -> Record:
    baseline = ConceptRecord(
        BASELINE,
        tuple(f"A neutral sentence, number {number}, says nothing." for number in range(40)),
        "prompts/baseline.txt",
        (),
        (),
    )
    return Record(
        version=RECORD_VERSION,
        neurontest="0.1.0",
        created="2026-11-22T17:54:26+00:00",
        suite="concept_specs",
        model=ModelRecord("smollm2-135m", "9f2c51e8a7b04d36" * 4, "float32", "cpu", "sdpa"),
        versions={"python": "3.11.9", "torch": "2.13.0", "transformers": "5.23.0", "scipy": "1.17.0"},
        seed=1337,
        generation=GENERATION,
        selection=LARGE,
        statistics=STATISTICS,
        families=(
            FamilyRecord("geography.yaml", 0.05, "holm", 3, True),
            FamilyRecord("writeup.yaml", 0.05, "holm", 4, True),
            FamilyRecord("sub/later.yaml", 0.05, "none", 1, False),
        ),
        claims=CLAIMS,
        concepts=(*map(concept, CONCEPTS), baseline),
        overlaps=OVERLAPS,
        trace=TraceRecord(texts=544, tokens=21_483, seconds=61.4, near_boundary=2),
        warnings=("tulip has fewer prompts than the other concepts; every set is made of the same number.",),
        tokens=TokensRecord(
            TOKENS_VERSION,
            (tokens("tulip"), tokens("violent"), ConceptTokens("vietnam", (), LARGE.k, "the model is in two parts")),
        ),
    )
