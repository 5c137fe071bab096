"""Settings: how claims are tested."""

from __future__ import annotations

from neurontest.settings.setting import Setting

STATISTICS: tuple[Setting, ...] = (
    Setting(
        "statistics",
        "alpha",
        float,
        0.05,
        "Error rate that a family's corrected p-values are held to",
        "file",
        above=0,
        maximum=0.5,
    ),
    Setting(
        "statistics",
        "correction",
        str,
        "holm",
        "Correction of the p-values of one family (a spec file)",
        "file",
        choices=("none", "bonferroni", "holm", "bh", "by"),
    ),
    Setting(
        "statistics",
        "statistics_seed",
        int,
        0,
        "Seed of all that is drawn by the tests; a verdict that hangs on it is called borderline",
        "suite",
        minimum=0,
        as_key="seed",
    ),
    Setting("statistics", "confidence", float, 0.95, "Level of the intervals shown", above=0.5, below=1),
    Setting(
        "statistics",
        "test",
        str,
        "both",
        "Tests that must show a claim where labels can be exchanged: both, or one of them alone",
        choices=("both", "permutation", "half-sample"),
    ),
    Setting(
        "statistics",
        "interval",
        str,
        "half-sample",
        "Interval shown of an overlap: of half-samples, or the ordinary percentile bootstrap of whole sets",
        choices=("half-sample", "bootstrap"),
    ),
    Setting(
        "statistics",
        "m",
        int,
        None,
        "Prompts that each set is selected from, which a claim about a number of neurons must say (default: half of the"
        " smallest concept's)",
        minimum=2,
    ),
    Setting(
        "statistics",
        "consistent_above",
        float,
        0.3,
        "consistent: share of k that sets of two disjoint halves must have in common",
        minimum=0,
        below=1,
    ),
    Setting(
        "statistics",
        "differ_below",
        float,
        0.5,
        "sets_differ: share of the ceiling that two modes may share at most",
        above=0,
        maximum=1,
    ),
    Setting(
        "statistics",
        "similar_above",
        float,
        0.8,
        "sets_similar: share of the ceiling that two concepts must share on average",
        minimum=0,
        below=1,
    ),
    Setting(
        "statistics",
        "looks",
        int,
        None,
        "Numbers of prompts a concept at which the claims are tested, such as 24, 48, declared before the first run;"
        " all together they keep alpha",
        "file",
        minimum=4,
        many=1,
    ),
)
