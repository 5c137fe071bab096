"""Broken files and the sentences that a user reads: error text is a feature."""
# ruff: noqa: E501 - a sentence in one piece can be found by searching for it

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.suites import SUITE, concepts, faults, prompts

OVERLAP = "tulip overlaps vietnam more than hanoi"
#: `- ` puts a claim at column 5 of line 2.
CLAIM = "c.yaml:2:5: "
ALL_CONCEPTS = "tulip, vietnam, hanoi, violent"
SUITE_TEXT = "neurontest: 1\n"


def claims(text: str) -> dict[str, str | bytes]:
    return {"c.yaml": f"claims:\n  - {text}\n"}


def published(text: str, claim: str = "") -> dict[str, str | bytes]:
    """A published set `paper` of these lines, from line 4 on, column 7; the claim is at c.yaml:2:5."""
    lines = "".join(f"      - {line}\n" for line in text.splitlines())
    return {"a.yaml": f"concepts:\n  paper:\n    published:\n{lines}"} | (claims(claim) if claim else {})


def grouped(**groups: str) -> dict[str, str | bytes]:
    """Concepts whose prompts have these groups, one letter each; '-' is none."""
    lines = [
        f"  {name}: {{prompts: [{', '.join(item(name, at, letter) for at, letter in enumerate(letters))}]}}\n"
        for name, letters in groups.items()
    ]
    return {"a.yaml": "concepts:\n" + "".join(lines)}


def item(name: str, at: int, letter: str) -> str:
    return f"{name} {at}" if letter == "-" else f"{{text: {name} {at}, group: {letter}}}"


def suite(text: str) -> dict[str, str | bytes]:
    return {"suite.yaml": SUITE_TEXT + text}


CASES: dict[str, tuple[dict[str, str | bytes], list[str]]] = {
    # The text itself.
    "colon in a text": (
        claims("claim: a: b"),
        [
            "c.yaml:2:13: not valid YAML: mapping values are not allowed here; quote a text that holds ': ', and check"
            " the indentation"
        ],
    ),
    "tab": (
        {"c.yaml": "claims:\n\t- a"},
        [
            "c.yaml:2:1: not valid YAML: found character '\\t' that cannot start any token; indent with spaces, not with"
            " tabs"
        ],
    ),
    "at sign": (
        claims("@tulip"),
        [
            "c.yaml:2:5: not valid YAML: found character '@' that cannot start any token; quote a text that starts with"
            " such a character"
        ],
    ),
    "star": (
        claims("*tulip"),
        ["c.yaml:2:5: not valid YAML: found undefined alias 'tulip'; quote a text that starts with '*'"],
    ),
    "half quoted": (
        claims('"tulip" overlaps'),
        [
            "c.yaml:2:13: not valid YAML: expected <block end>, but found '<scalar>'; quote the whole of a text that"
            " starts with a quotation mark, and check the indentation"
        ],
    ),
    "open bracket": (
        {"c.yaml": "claims: [a"},
        [
            "c.yaml:1:11: not valid YAML: expected ',' or ']', but got '<stream end>'; a bracket or quotation mark is"
            " not closed"
        ],
    ),
    "two documents": (
        {"c.yaml": "claims: []\n---\nclaims: []\n"},
        [
            "c.yaml:2:1: not valid YAML: but found another document; a spec file holds one document; remove the line '---'"
        ],
    ),
    "control character": (
        {"c.yaml": "claims:\n  - a\x01b\n"},
        ["c.yaml:2:6: the character U+0001 is not allowed in YAML; remove it"],
    ),
    "not UTF-8": ({"c.yaml": b"claims:\n  - caf\xe9\n"}, ["c.yaml:2:1: is no UTF-8 text; save the file as UTF-8"]),
    "key said twice": (
        {"c.yaml": "statistics:\n  alpha: 0.1\n  alpha: 0.2\n"},
        ["c.yaml:3:3: the key 'alpha' is said twice, first in line 2"],
    ),
    "key is no text": ({"c.yaml": "5: x\n"}, ["c.yaml:1:1: this key is no text; quote it"]),
    "merge key": (
        {"c.yaml": "trace: &t {samples: 2}\nneurons:\n  <<: *t\n"},
        ["c.yaml:3:3: this key is a merge key; write its keys out"],
    ),
    "tag": (
        claims("!tulip overlaps"),
        [CLAIM + "tags such as '!tulip' mean nothing in a spec; quote a text that starts with '!'"],
    ),
    "infinite": (
        {"c.yaml": "trace: {temperature: .inf}\n"},
        ["c.yaml:1:22: '.inf' is no finite number of use; if it is a text, quote it"],
    ),
    "alias of itself": (
        {"c.yaml": "claims: &c [*c]\n"},
        ["c.yaml:1:9: deeper than 16 levels or larger than 200,000 values; does an alias stand for itself?"],
    ),
    "deep": ({"c.yaml": "[" * 3000}, ["c.yaml:1:18: deeper than 16 levels"]),
    # What YAML makes of texts.
    "prompt as number": (
        suite("concepts: {a: {prompts: [1e3, 5, x]}}"),
        [
            "suite.yaml:2:26: a prompt must be a text, but YAML reads this as the number 1000.0; quote it",
            "suite.yaml:2:31: a prompt must be a text, but YAML reads this as the number 5; quote it",
        ],
    ),
    "prompt as mapping": (
        suite("concepts:\n  a:\n    prompts:\n      - Question: what\n"),
        ["suite.yaml:5:9: a prompt must be a text, but YAML reads this as a mapping; quote it"],
    ),
    "prompt as bool, date, null, list": (
        suite("concepts:\n  a:\n    prompts:\n      - true\n      - 2001-01-01\n      - ~\n      - [x]\n      -\n"),
        [
            "suite.yaml:5:9: a prompt must be a text, but YAML reads this as true; quote it",
            "suite.yaml:6:9: a prompt must be a text, but YAML reads this as a date; quote it",
            "suite.yaml:7:9: a prompt is empty; write a text or remove it, and if it is the word null, quote it",
            "suite.yaml:8:9: a prompt must be a text, but YAML reads this as a list; quote it",
            "suite.yaml:9:8: a prompt is empty; write a text or remove it, and if it is the word null, quote it",
        ],
    ),
    "comment after a prompt": (
        suite("concepts:\n  a:\n    prompts:\n      - It costs 5 # 6\n      - 'kept' # fine\n"),
        [
            "suite.yaml:5:9: what follows '#' is a comment, and lost; if it belongs to the text, quote it, else move it"
            " to a line of its own"
        ],
    ),
    "comment after a claim": (
        claims(f"{OVERLAP} # mine"),
        [
            CLAIM + "what follows '#' is a comment, and lost; if it belongs to the text, quote it, else move it to a"
            " line of its own"
        ],
    ),
    "comment after a reason": (
        claims(f"claim: {OVERLAP}\n    xfail: see issue #5 and #6\n    skip: see #7"),
        [
            "c.yaml:3:12: what follows '#' is a comment, and lost; if it belongs to the text, quote it, else move it to"
            " a line of its own",
            "c.yaml:4:11: what follows '#' is a comment, and lost; if it belongs to the text, quote it, else move it to"
            " a line of its own",
        ],
    ),
    "anchor in a prompt": (
        suite("concepts: {a: {prompts: [&amp more]}}"),
        [
            "suite.yaml:2:26: YAML takes '&amp' away; if it belongs to the text, quote it, else move it to a line of its"
            " own"
        ],
    ),
    "claim as mapping": (
        claims("tulip has: consistent neurons"),
        [CLAIM + "YAML reads this claim as a mapping; quote it"],
    ),
    "claim as number": (
        claims("5"),
        [
            CLAIM + "a claim must be a sentence, or a mapping with 'claim' or 'kind', but YAML reads this as the number"
            " 5; quote it"
        ],
    ),
    "sentence as bool": (
        claims("claim: true"),
        ["c.yaml:2:12: 'claim' must be a sentence, but YAML reads this as true; quote it"],
    ),
    # Keys.
    "unknown key": (
        {"c.yaml": "statistics: {alhpa: 0.1}\n"},
        [
            "c.yaml:1:14: unknown key 'alhpa' under 'statistics'; did you mean 'alpha'? valid: alpha, correction,"
            " seed, confidence, test, interval, m, consistent_above, differ_below, similar_above, looks"
        ],
    ),
    "unknown key at the top": (
        {"c.yaml": "claim: x\n"},
        [
            "c.yaml:1:1: unknown key 'claim' at the top of the file; did you mean 'claims'? valid: neurontest, model,"
            " trace, neurons, statistics, baseline, concepts, claims"
        ],
    ),
    "unknown key in a claim": (
        claims(f"claim: {OVERLAP}\n    tag: [slow]"),
        [
            "c.yaml:3:5: unknown key 'tag' in a claim; did you mean 'tags'? valid: claim, kind, id, tags, skip, xfail,"
            " trace, neurons, statistics, of, with, than, by, amount, among, controls, meant, concepts, for, how, against,"
            " neuron, within"
        ],
    ),
    "setting of another section": (
        {"c.yaml": "neurons: {samples: 2}\n"},
        ["c.yaml:1:11: 'samples' may not stand here; say it under 'trace'"],
    ),
    "alpha in a claim": (
        claims(f"claim: {OVERLAP}\n    statistics: {{alpha: 0.1}}"),
        ["c.yaml:3:18: 'alpha' may not stand here; say it under 'statistics' at the top of the file or in suite.yaml"],
    ),
    "seed in a claim": (
        claims(f"claim: {OVERLAP}\n    trace: {{seed: 1}}"),
        ["c.yaml:3:13: 'seed' may not stand here; say it under 'trace' in suite.yaml"],
    ),
    "seed of the tests in a claim": (
        claims(f"claim: {OVERLAP}\n    statistics: {{seed: 1}}"),
        ["c.yaml:3:18: 'seed' may not stand here; say it under 'statistics' in suite.yaml"],
    ),
    "seed of the tests by its option's name": (
        {"c.yaml": "statistics: {statistics_seed: 1}\n"},
        ["c.yaml:1:14: 'statistics_seed' may not stand here; say 'seed' under 'statistics' in suite.yaml"],
    ),
    "seed of the tests in a claims file": (
        {"c.yaml": "statistics: {seed: 1}\n"},
        ["c.yaml:1:14: 'seed' may only be said in suite.yaml"],
    ),
    "seed in a claims file": ({"c.yaml": "trace: {seed: 1}\n"}, ["c.yaml:1:9: 'seed' may only be said in suite.yaml"]),
    "suite keys in a claims file": (
        {"c.yaml": "neurontest: 1\nmodel: smollm2-135m\nbaseline: {prompts: [x]}\n"},
        [
            "c.yaml:1:1: 'neurontest' may only be said in suite.yaml",
            "c.yaml:2:1: 'model' may only be said in suite.yaml",
            "c.yaml:3:1: 'baseline' may only be said in suite.yaml",
        ],
    ),
    "setting of the person": (
        {"c.yaml": "device: cuda\n"},
        ["c.yaml:1:1: a spec may not say 'device'; it is the option --concept-device or the ini key concept_device"],
    ),
    # Values.
    "bounds and types": (
        {"c.yaml": "trace: {samples: 0, top_k: many}\nstatistics: {alpha: 0.9, m: 1}\n"},
        [
            "c.yaml:1:18: 'samples' must be a whole number at least 1, not 0",
            "c.yaml:1:28: 'top_k' must be a whole number at least 1, not 'many'",
            "c.yaml:2:21: 'alpha' must be a number above 0 and at most 0.5, not 0.9",
            "c.yaml:2:29: 'm' must be a whole number at least 2, not 1",
        ],
    ),
    "choices": (
        {"c.yaml": "neurons: {site: residul, select: 5}\n"},
        [
            "c.yaml:1:17: 'site' must be one of residual, mlp, mlp_gate, attention, not 'residul'; did you mean 'residual'?",
            "c.yaml:1:34: 'select' must be one of mean, consistency, not 5",
        ],
    ),
    "section without values": ({"c.yaml": "neurons:\n"}, ["c.yaml:1:1: 'neurons' must be a mapping, not nothing"]),
    "file is a list": ({"c.yaml": "- a\n"}, ["c.yaml:1:1: the file must be a mapping, not a list"]),
    "claims is a text": (
        {"c.yaml": "claims: baseline-normalized sets differ from raw for tulip\n"},
        [
            "c.yaml:1:9: 'claims' must be a list of claims, each after '- ', not 'baseline-normalized sets differ from raw for tulip'"
        ],
    ),
    "huge number": (
        {"c.yaml": "trace: {samples: 99999999999999999999}\n"},
        ["c.yaml:1:18: '99999999999999999999' is no whole number of use; if it is a text, quote it"],
    ),
    "reason is no text": (
        claims(f"claim: {OVERLAP}\n    skip: true\n    xfail: ''"),
        [
            "c.yaml:3:11: 'skip' must be the reason, a text, not true",
            "c.yaml:4:12: 'xfail' is empty; write a text or remove it",
        ],
    ),
    "reason for a model is no text": (
        claims(f"claim: {OVERLAP}\n    xfail: {{smollm2-135m: true, mine: '', other: 7}}"),
        [
            "c.yaml:3:27: 'smollm2-135m' must be the reason, a text, not true",
            "c.yaml:3:39: 'mine' is empty; write a text or remove it",
            "c.yaml:3:50: 'other' must be the reason, a text, but YAML reads this as the number 7; quote it",
        ],
    ),
    "reasons for no model": (
        claims(f"claim: {OVERLAP}\n    xfail: {{}}"),
        ["c.yaml:3:12: 'xfail' must be the reason, a text, or a mapping from models to reasons, not a mapping"],
    ),
    "reasons in a list": (
        claims(f"claim: {OVERLAP}\n    xfail: [too small]"),
        ["c.yaml:3:12: 'xfail' must be the reason, a text, or a mapping from models to reasons, not a list"],
    ),
    "comment after a reason for a model": (
        claims(f"claim: {OVERLAP}\n    xfail:\n      smollm2-135m: see issue #5"),
        [
            "c.yaml:4:21: what follows '#' is a comment, and lost; if it belongs to the text, quote it, else move it to"
            " a line of its own"
        ],
    ),
    # The version.
    "no version": (
        {"suite.yaml": "trace: {}\n"},
        ["suite.yaml:1:1: suite.yaml needs 'neurontest: 1', the version of this format"],
    ),
    "empty suite.yaml": (
        {"suite.yaml": ""},
        ["suite.yaml:1:1: suite.yaml needs 'neurontest: 1', the version of this format"],
    ),
    "newer version": (
        {"suite.yaml": "neurontest: 2\nclaymes: 5\n"},
        ["suite.yaml:1:13: this spec needs a newer neurontest: it says 2, and this release reads 1"],
    ),
    "version is no number": (
        {"suite.yaml": "neurontest: one\n"},
        ["suite.yaml:1:13: 'neurontest' must be 1, not 'one'"],
    ),
    # Concepts and prompts.
    "concept names": (
        suite("concepts:\n  Hanoi: {prompts: [x]}\n  than: {prompts: [x]}\n"),
        [
            "suite.yaml:3:3: 'Hanoi' must be the name of a concept: small letters, digits, '-' and '_', a letter first",
            "suite.yaml:4:3: 'than' is a word of the sentences; choose another name",
        ],
    ),
    "concept without prompts": (
        suite("concepts:\n  a: {}\n  b: {prompts: []}\n  c: [x]\n  d: {prompts: many}\n"),
        [
            "suite.yaml:3:6: 'a' needs 'prompts' or 'published'",
            "suite.yaml:4:16: 'prompts' must be a list of one or more prompts, or the name of a .txt, .json, .jsonl,"
            " .csv or .tsv file, not an empty list",
            "suite.yaml:5:6: 'c' must be a mapping, not a list",
            "suite.yaml:6:16: 'prompts' must be a list of one or more prompts, or the name of a .txt, .json, .jsonl,"
            " .csv or .tsv file, not 'many'",
        ],
    ),
    "concept twice": (
        {"a.yaml": concepts(rose=12), "b.yaml": concepts(rose=12)},
        ["b.yaml:2:3: the concept 'rose' is already said in {folder}/a.yaml:2"],
    ),
    "prompt twice": (
        suite("concepts:\n  a:\n    prompts:\n      - x\n      - y\n      - x\n"),
        ["suite.yaml:7:9: the prompt 'x' is said twice, first in line 5"],
    ),
    "prompt empty": (
        suite("concepts: {a: {prompts: ['', ' ', x]}}\n"),
        ["suite.yaml:2:26: a prompt is empty; write a text or remove it"],
    ),
    "prompt blank": (
        suite("concepts: {a: {prompts: [x, ' ']}}\n"),
        ["suite.yaml:2:29: this prompt is empty; write a text or remove it"],
    ),
    "half a character": (
        suite('concepts: {a: {prompts: ["\\ud800"]}}\n'),
        ["suite.yaml:2:26: the prompt '\\ud800' holds half a character (a lone surrogate)"],
    ),
    "prompt in the baseline": (
        suite(f"baseline: {{prompts: {['x', *prompts('n')]}}}\nconcepts: {{a: {{prompts: [y, x]}}}}\n"),
        ["suite.yaml:3:29: the prompt 'x' of 'a' is in the baseline as well; remove it from one of them"],
    ),
    "file is missing": (
        suite("concepts: {a: {prompts: p/tulp.txt}}\n") | {"p/tulip.txt": "x"},
        ["suite.yaml:2:25: there is no file 'p/tulp.txt'; did you mean 'tulip.txt'? valid: tulip.txt"],
    ),
    "file is empty": (
        suite("concepts: {a: {prompts: p.txt}}\n") | {"p.txt": "\n \n"},
        ["suite.yaml:2:25: there are no prompts in 'p.txt'"],
    ),
    "file with a prompt twice": (
        suite("concepts: {a: {prompts: p.txt}}\n") | {"p.txt": "x\n\ny\r\nx\r\n"},
        ["p.txt:4:1: the prompt 'x' is said twice, first in line 1"],
    ),
    "file is no UTF-8": (
        suite("concepts: {a: {prompts: p.txt}}\n") | {"p.txt": b"x\ncaf\xe9\n"},
        ["p.txt:2:1: is no UTF-8 text; save the file as UTF-8"],
    ),
    "absolute path": (
        suite("concepts: {a: {prompts: /etc/x.txt}, b: {prompts: 'C:\\x.txt'}}\n"),
        [
            "suite.yaml:2:25: '/etc/x.txt' is an absolute path; say it from the suite's folder on",
            "suite.yaml:2:51: 'C:\\\\x.txt' is an absolute path; say it from the suite's folder on",
        ],
    ),
    "path that leads out": (
        suite("concepts: {a: {prompts: p/../../x.txt}}\n"),
        ["suite.yaml:2:25: 'p/../../x.txt' leads out of the suite's folder; a spec may only read what lies in it"],
    ),
    "broken JSON": (
        suite("concepts: {a: {prompts: p.json}}\n") | {"p.json": '{"prompts":\n  [1, }'},
        ["p.json:2:7: not valid JSON: Expecting value"],
    ),
    "JSON of another shape": (
        suite("concepts: {a: {prompts: p.json}, b: {prompts: q.json}}\n")
        | {"p.json": '{"words": 1}', "q.json": '{"prompt": 1, "prompts": ["x", 5, null]}'},
        [
            'p.json:1:1: a file of prompts must be a list of prompts, or {"prompts": [...]}, with or without "concept"',
            "q.json:1:1: prompt 2 must be a text, not 5",
            "q.json:1:1: prompt 3 must be a text, not nothing",
            "q.json:1:1: unknown key 'prompt'; did you mean 'prompts'? valid: concept, prompts",
        ],
    ),
    # Published sets.
    "published: unquoted in braces": (
        published("{neuron: L11.residual[756], occurrences: 6}"),
        [
            "a.yaml:4:30: not valid YAML: expected ',' or '}', but got '['; within { } and [ ], quote a text that holds"
            " a bracket"
        ],
    ),
    "published: unquoted in a flow list": (
        suite("concepts: {a: {published: [L11.residual[365]]}}\n"),
        [
            "suite.yaml:2:40: not valid YAML: expected ',' or ']', but got '['; within { } and [ ], quote a text that"
            " holds a bracket"
        ],
    ),
    "published: no neurons": (
        published(
            "L11.resid[3]\nL11.residual[365]: 6\nL01.residual[3]\n5\n{occurrences: 6}\n"
            '{neuron: 5}\n{neuron: "L1.mlp[3]", occurrences: 0}\n{neuron: "L1.mlp[3]", occurences: 6}\n{x: 1}'
        ),
        [
            "a.yaml:4:9: a published neuron must be a neuron such as L11.residual[756], of site residual, mlp, mlp_gate or attention, or a head such as L5.attention[head 3], not"
            " 'L11.resid[3]'",
            'a.yaml:5:9: write this as {neuron: "L11.residual[365]", occurrences: ...}',
            "a.yaml:6:9: a published neuron must be a neuron such as L11.residual[756], of site residual, mlp, mlp_gate or attention, or a head such as L5.attention[head 3], not"
            " 'L01.residual[3]'",
            "a.yaml:7:9: a published neuron must be a neuron such as L11.residual[756], of site residual, mlp, mlp_gate or attention, or a head such as L5.attention[head 3], not 5",
            "a.yaml:8:9: a published neuron needs 'neuron'",
            "a.yaml:9:18: 'neuron' must be a neuron such as L11.residual[756], of site residual, mlp, mlp_gate or attention, or a head such as L5.attention[head 3], not 5",
            "a.yaml:10:44: 'occurrences' must be a whole number at least 1, not 0",
            "a.yaml:11:31: unknown key 'occurences' in a published neuron; did you mean 'occurrences'? valid: neuron,"
            " occurrences",
            "a.yaml:12:10: unknown key 'x' in a published neuron; valid: neuron, occurrences",
        ],
    ),
    "published: one twice, two sites, too many occurrences": (
        published(
            "L11.residual[365]\nL11.residual[756]\n"
            '{neuron: "L11.residual[365]", occurrences: 6}\n{neuron: "L11.mlp[365]", occurrences: 12}'
        )
        | {"b.yaml": 'concepts: {b: {published: [{neuron: "L1.mlp[3]", occurrences: 6}], out_of: 5}}\n'},
        [
            "a.yaml:6:9: the neuron L11.residual[365] is said twice, first in line 4",
            "a.yaml:7:9: L11.mlp[365] is of another site than the first, residual; a set is of one site",
            "b.yaml:1:63: 6 occurrences are more than 'out_of' says, 5",
        ],
    ),
    "published: heads of unknown size, and of one that makes them overlap": (
        published("L5.attention[head 3]\nL5.attention[7]")
        | {
            "b.yaml": 'concepts:\n  b: {head_size: 8, published: ["L5.attention[head 1]", "L5.attention[9]"]}\n'
            '  c: {head_size: 8, published: ["L5.mlp[head 1]"]}\n  d: {prompts: [x], head_size: 8}\n'
        },
        [
            "a.yaml:4:9: L5.attention[head 3] is a head, and which neurons that is depends on the model; say 'head_size',"
            " the neurons of a head, beside 'published'",
            "b.yaml:2:57: the neuron L5.attention[9] is said twice, first in line 2",
            "b.yaml:3:33: a published neuron must be a neuron such as L11.residual[756], of site residual, mlp, mlp_gate or"
            " attention, or a head such as L5.attention[head 3], not 'L5.mlp[head 1]'",
            "b.yaml:4:21: 'head_size' belongs to 'published', and there is none",
        ],
    ),
    "published: beside prompts, empty, no list; out_of alone": (
        suite(
            'concepts:\n  a: {prompts: [x], published: ["L0.mlp[1]"]}\n  b: {published: []}\n'
            "  c: {published: L0.mlp}\n  d: {prompts: [x], out_of: 3}\n  e: {out_of: 3}\n"
        ),
        [
            "suite.yaml:3:21: 'a' has prompts and is published; drop one",
            "suite.yaml:4:18: 'published' must be a list of one or more neurons, each after '- ', not an empty list",
            "suite.yaml:5:18: 'published' must be a list of one or more neurons, each after '- ', not 'L0.mlp'",
            "suite.yaml:6:21: 'out_of' belongs to 'published', and there is none",
            "suite.yaml:7:6: 'e' needs 'prompts' or 'published'",
            "suite.yaml:7:7: 'out_of' belongs to 'published', and there is none",
        ],
    ),
    "published: the baseline": (
        suite('baseline: {published: ["L0.mlp[1]"]}\n'),
        ["suite.yaml:2:12: the baseline cannot be published: it is traced, and needs prompts"],
    ),
    "published: a kind that cannot test it": (
        published(
            "L11.residual[365]",
            "baseline-normalized sets differ from raw for paper\n  - tulip, paper and hanoi have distinct neurons",
        ),
        [
            CLAIM + "'paper' is a published set, which sets_differ cannot test; name a concept with prompts",
            "c.yaml:3:5: 'paper' is a published set, which distinct cannot test; name a concept with prompts",
        ],
    ),
    "published: nothing to test": (
        {
            "a.yaml": "concepts:\n"
            + "".join(f"  {name}:\n    published:\n      - L1.residual[{at}]\n" for at, name in enumerate("abc")),
            **claims("a overlaps b more than c"),
        },
        [CLAIM + "nothing to test: all concepts of this claim are published sets; one at least needs prompts"],
    ),
    "published: another site than the claim's": (
        published("L11.mlp[365]", "paper overlaps tulip more than hanoi"),
        [
            CLAIM
            + "'paper' is a published set of site mlp, and this claim is about site residual; say 'neurons: {site:"
            " mlp}' in the claim"
        ],
    ),
    "published: a claim about all concepts": (
        suite(
            'baseline: {prompts: [x]}\nconcepts: {a: {published: ["L0.mlp[1]"]}}\n'
            "claims: [baseline-normalized sets differ from raw]\n"
        ),
        [
            "suite.yaml:4:10: this claim is about all concepts with prompts, and the suite has only published sets; say"
            " others under 'concepts'"
        ],
    ),
    "a test by distinct index": (
        claims("claim: tulip overlaps vietnam more than hanoi\n    neurons: {identity: index}"),
        [
            CLAIM + "overlaps by distinct index are shown, not tested: their sets differ in size, and so in what they"
            " share by chance; say 'neurons: {identity: dimension}', which aggregates over layers before it selects"
        ],
    ),
    # Groups of prompts.
    "groups: of a wrong shape": (
        suite(
            "concepts:\n  a:\n    prompts:\n      - {text: 5, group: a b}\n      - {group: t1}\n      - {text: x, gruop: 1}\n"
            "      - {text: '', group: 1.5}\n      - text: It costs 5 # 6\n"
        ),
        [
            "suite.yaml:5:16: 'text' must be a text, but YAML reads this as the number 5; quote it",
            "suite.yaml:5:26: 'group' must be letters, digits, '.', '_' and '-', a letter or digit first, or a whole"
            " number, not 'a b'",
            "suite.yaml:6:9: a prompt needs 'text'",
            "suite.yaml:7:19: unknown key 'gruop' in a prompt; did you mean 'group'? valid: text, group",
            "suite.yaml:8:16: 'text' is empty; write a text or remove it",
            "suite.yaml:8:27: 'group' must be letters, digits, '.', '_' and '-', a letter or digit first, or a whole"
            " number, not 1.5",
            "suite.yaml:9:15: what follows '#' is a comment, and lost; if it belongs to the text, quote it, else move it"
            " to a line of its own",
        ],
    ),
    "groups: of a wrong shape in JSON": (
        suite("concepts: {a: {prompts: p.json}}\n")
        | {"p.json": '{"prompts": [{"text": 5}, {"group": "(a 1)"}, {"text": "x", "gruop": 1, "group": true}]}'},
        [
            "p.json:1:1: prompt 1 must have a 'text', not 5",
            "p.json:1:1: prompt 2 needs 'text'",
            "p.json:1:1: prompt 2: 'group' must be letters, digits, '.', '_' and '-', a letter or digit first, or a whole"
            " number, not '(a 1)'",
            "p.json:1:1: prompt 3 has an unknown key 'gruop'; did you mean 'group'? valid: text, group",
            "p.json:1:1: prompt 3: 'group' must be letters, digits, '.', '_' and '-', a letter or digit first, or a whole"
            " number, not true",
        ],
    ),
    "groups: some shared, some not": (
        grouped(rose="abcdefg", lily="abcdef-", ivy="hijklmn") | claims("ivy overlaps rose more than lily"),
        [
            CLAIM + "'rose' and 'lily' share the group 'a', but the group 'g' is in 'rose' alone; concepts that share"
            " templates must share all of them"
        ],
    ),
    "groups: a prompt without group": (
        grouped(rose="abcdef-", lily="abcdef") | claims("rose and lily have distinct neurons"),
        [
            CLAIM
            + "'rose' and 'lily' share the group 'a', but a prompt without group is in 'rose' alone; concepts that"
            " share templates must share all of them"
        ],
    ),
    "groups: too few of them": (
        grouped(rose="aabbccdd", lily="aabbccdd") | claims("tulip overlaps rose more than lily"),
        [
            CLAIM + "'lily' has 8 prompts in 4 groups; overlap_greater needs at least 6 (10 advised)",
            CLAIM + "'rose' has 8 prompts in 4 groups; overlap_greater needs at least 6 (10 advised)",
        ],
    ),
    "groups: p-value out of reach": (
        grouped(rose="abcdefabcdef", lily="abcdefabcdef")
        | {"c.yaml": "statistics: {alpha: 0.001}\nclaims: [tulip overlaps rose more than lily]\n"},
        [
            "c.yaml:2:10: overlap_greater cannot hold here: its smallest p-value is 0.016, and the family (alpha 0.001,"
            " correction holm, 1 claim) accepts at most 0.001; it takes 10 groups or more for each concept"
        ],
    ),
    "groups: m": (
        grouped(rose="aabbccddeeffgghh")
        | claims("claim: baseline-normalized sets differ from raw for rose\n    statistics: {m: 5}"),
        ["c.yaml:3:21: m is 5, but 'rose' has 16 prompts in 8 groups: a half-sample takes at most 4"],
    ),
    # Claims.
    "unknown sentence": (
        claims("tulip overlap vietnam more then hanoi"),
        [
            CLAIM + "no kind of claim has the sentence 'tulip overlap vietnam more then hanoi': did you mean 'tulip"
            " overlaps vietnam more than hanoi'?"
        ],
    ),
    "unknown sentence in a mapping": (
        claims("id: x\n    claim: tulip is consistent"),
        [
            "c.yaml:3:12: no kind of claim has the sentence 'tulip is consistent'; nearest ('neurontest claims' lists"
            " all):\n    A has consistent neurons [against B]"
        ],
    ),
    "unknown concept": (
        claims("tulip overlaps vietnm more than hanoi"),
        [CLAIM + f"unknown concept 'vietnm'; did you mean 'vietnam'? valid: {ALL_CONCEPTS}"],
    ),
    "unknown concept in a mapping": (
        claims("{kind: distinct, concepts: [tulip, rose]}"),
        [f"c.yaml:2:40: unknown concept 'rose'; valid: {ALL_CONCEPTS}"],
    ),
    "no concepts at all": (
        suite("baseline: {prompts: [x]}\nclaims: [baseline-normalized sets differ from raw]\n"),
        [
            "suite.yaml:3:10: this claim is about all concepts with prompts, and the suite has none; say them under"
            " 'concepts'"
        ],
    ),
    "one concept is too few": (
        claims("tulip have distinct neurons"),
        [CLAIM + "distinct needs 2 or more concepts"],
    ),
    "one concept is too few in a mapping": (
        claims("{kind: distinct, concepts: [tulip]}"),
        ["c.yaml:2:32: 'concepts' must be a list of two or more concepts, not a list of one"],
    ),
    "concept named twice": (
        claims("tulip overlaps vietnam more than tulip"),
        [CLAIM + "'tulip' is named twice; a concept cannot be compared with itself"],
    ),
    "causal claim with nothing to measure by": (
        claims(
            "forcing hanoi's neurons makes tulip more likely\n"
            "  - hanoi's neurons are needed for hanoi more than for tulip"
        ),
        [
            CLAIM + "'tulip' has no words whose likelihood could rise; say 'words: [...]' in the concept",
            CLAIM + "sufficient measures neutral prompts, of which half serve to select the neurons: the baseline has"
            " 12 prompts and needs 20",
            "c.yaml:3:5: 'hanoi' has 12 prompts; half of them select the neurons and the others are measured: necessary"
            " needs at least 20 of them",
        ],
    ),
    "words with spaces around them": (
        {"c.yaml": "concepts: {rose: {prompts: [a, b], words: [' rose']}, ivy: {prompts: [c, d], words: rose}}\n"},
        [
            "c.yaml:1:44: an item must be a text, without spaces around it, not ' rose'",
            "c.yaml:1:85: 'words' must be a list of one or more words, each once, not 'rose'",
        ],
    ),
    "unknown kind": (
        claims("{kind: distnct, concepts: [tulip, hanoi]}"),
        [
            "c.yaml:2:12: 'kind' must be one of overlap_greater, overlap_above, overlap_below, overlap_lowest,"
            " overlap_highest, overlap_above_chance, distinct, positions_more_distinct, sets_differ,"
            " normalization_helps, sets_similar, consistent, specific, specific_any, necessary, sufficient, preserved, not 'distnct'; did you mean 'distinct'?"
        ],
    ),
    "the weaker form in other words": (
        claims("{kind: distinct, concepts: [tulip, hanoi], meant: average}"),
        ["c.yaml:2:55: 'meant' must be 'on average', or left out, not 'average'; did you mean 'on average'?"],
    ),
    "too few controls for what is said of them": (
        claims("tulip overlaps hanoi above chance against vietnam, violent and rose by rank")
        | {"d.yaml": "concepts:\n  rose: {prompts: [r1, r2, r3, r4, r5, r6]}\n"},
        [CLAIM + "a rank among 3 controls cannot reach .05: it takes 19; say more, or leave it out"],
    ),
    "key of another kind": (
        claims("{kind: consistent, of: tulip, than: hanoi, claim: x}"),
        [
            "c.yaml:2:35: consistent has no 'than'; valid: of, against",
            "c.yaml:2:48: a claim has a sentence or a 'kind', not both; drop one",
        ],
    ),
    "missing key of a kind": (
        claims("{kind: overlap_greater, of: tulip, with: hanoi}"),
        [CLAIM + "overlap_greater needs 'than': the concept that it shares less with"],
    ),
    "neither claim nor kind": (claims("{id: x, of: tulip}"), [CLAIM + "a claim needs 'claim', a sentence, or 'kind'"]),
    "empty claim": (claims("{}"), [CLAIM + "a claim needs 'claim', a sentence, or 'kind'"]),
    "slot beside a sentence": (
        claims(f"{{claim: {OVERLAP}, by: 2}}"),
        ["c.yaml:2:53: 'by' is said by the sentence; drop it, or 'claim' for 'kind'"],
    ),
    "negative number": (
        claims("{kind: overlap_greater, of: tulip, with: hanoi, than: violent, by: -1}"),
        ["c.yaml:2:72: 'by' must be a number at least 0, not -1"],
    ),
    "id said twice": (
        {
            "c.yaml": f"claims:\n  - {{id: x, claim: {OVERLAP}}}\n  - {{id: x, claim: baseline-normalized sets differ from raw for tulip}}\n"
        },
        ["c.yaml:3:10: the id 'x' is already that of the claim in line 2"],
    ),
    "claim said twice": (
        {"c.yaml": f"claims:\n  - {OVERLAP}\n  - {OVERLAP}.\n"},
        [
            "c.yaml:3:5: this claim and the one in line 2 are both called 'tulip-overlaps-vietnam-more-than-hanoi'; give"
            " it an 'id:'"
        ],
    ),
    "id is no slug": (
        claims(
            f'{{id: "A b", claim: {OVERLAP}}}\n  - {{id: "ab\\n", claim: baseline-normalized sets differ from raw for tulip}}'
        ),
        [
            "c.yaml:2:10: 'id' must be a slug: small letters, digits, '.', '_' and '-', a letter or digit first, not 'A b'",
            "c.yaml:3:10: 'id' must be a slug: small letters, digits, '.', '_' and '-', a letter or digit first, not"
            " 'ab\\n'",
        ],
    ),
    "tags": (
        claims(
            f"claim: {OVERLAP}\n    tags: [slow-one, 5, ok]\n  - claim: baseline-normalized sets differ from raw for tulip\n    tags: [a, b, a]"
        ),
        [
            "c.yaml:3:12: a tag must be small letters, digits and '_', a letter first, not 'slow-one'",
            "c.yaml:3:22: a tag must be small letters, digits and '_', a letter first, not 5",
            "c.yaml:5:18: 'a' is said twice",
        ],
    ),
    "tags of pytest": (
        claims(f"claim: {OVERLAP}\n    tags: [xfail, parametrize, not]"),
        [
            "c.yaml:3:12: the tag 'xfail' has a meaning to pytest; say 'xfail: <reason>' in the claim",
            "c.yaml:3:19: the tag 'parametrize' has a meaning to pytest; choose another word",
            "c.yaml:3:32: the tag 'not' has a meaning to pytest; choose another word",
        ],
    ),
    "no baseline": (
        {
            "suite.yaml": SUITE_TEXT + concepts(tulip=12),
            "c.yaml": "claims: [baseline-normalized sets differ from raw for tulip]\n",
        },
        [
            "c.yaml:1:10: normalize: difference needs a baseline; say 'baseline: {prompts: ...}' in suite.yaml or"
            " 'normalize: raw'"
        ],
    ),
    # Prompts and tests.
    "too few prompts": (
        {"a.yaml": concepts(rose=5, lily=1), **claims("rose overlaps lily more than tulip")},
        [
            CLAIM + "'lily' has 1 prompt; overlap_greater needs at least 6 (10 advised)",
            CLAIM + "'rose' has 5 prompts; overlap_greater needs at least 6 (10 advised)",
        ],
    ),
    "p-value out of reach": (
        {
            "a.yaml": concepts(rose=6, lily=6),
            "c.yaml": "statistics: {correction: bonferroni, alpha: 0.002}\nclaims:\n"
            "  - tulip overlaps rose more than lily\n  - claim: baseline-normalized sets differ from raw for rose\n    skip: too few\n"
            "  - baseline-normalized sets differ from raw for tulip\n",
        },
        [
            "c.yaml:3:5: overlap_greater cannot hold here: its smallest p-value is 0.0011, and the family (alpha 0.002,"
            " correction bonferroni, 2 claims) accepts at most 0.001; it takes 7 prompts or more for each concept"
        ],
    ),
    "m in a claim": (
        claims("claim: baseline-normalized sets differ from raw for tulip\n    statistics: {m: 7}"),
        ["c.yaml:3:21: m is 7, but 'tulip' has 12 prompts: a half-sample takes at most 6"],
    ),
    "m in a file": (
        {"c.yaml": "statistics: {m: 7}\nclaims: [baseline-normalized sets differ from raw for tulip]\n"},
        ["c.yaml:1:17: m is 7, but 'tulip' has 12 prompts: a half-sample takes at most 6"],
    ),
    "m in suite.yaml": (
        {
            "suite.yaml": SUITE + "statistics: {m: 7}\n",
            "c.yaml": "claims: [baseline-normalized sets differ from raw for tulip]\n",
        },
        ["suite.yaml:8:17: m is 7, but 'tulip' has 12 prompts: a half-sample takes at most 6"],
    ),
    # Models and files.
    "unknown model": (
        suite("model: gpt9\n"),
        [
            "suite.yaml:2:8: the model 'gpt9' is no built-in model, and no file or folder of the suite; a spec may name"
            " smollm2-135m, hub:org/name@revision or a path inside its folder, --concept-model any other"
        ],
    ),
    "model outside": (
        suite("model: ../weights\n"),
        [
            "suite.yaml:2:8: the model '../weights' leads out of the suite's folder; a spec may only read what lies in"
            " it; a spec may name smollm2-135m, hub:org/name@revision or a path inside its folder, --concept-model any"
            " other"
        ],
    ),
    "model as code": (
        suite("model: python:evil.make\n"),
        [
            "suite.yaml:2:8: the model 'python:evil.make' is code, which a spec may not run; a spec may name"
            " smollm2-135m, hub:org/name@revision or a path inside its folder, --concept-model any other"
        ],
    ),
    "yml": ({"c.yml": "claims: []"}, ["c.yml:1:1: rename it to c.yaml; only files so called are read"]),
    # Many at once, of all files, in order.
    "many": (
        {
            "b.yaml": "claims:\n  - baseline-normalized sets differ from raw for rose\n  - tulip is consistent\ntrace: {samples: 0}\n",
            "a.yaml": "concepts: {rose: {prompts: [1]}}\nclames: []\n",
        },
        [
            "a.yaml:1:29: a prompt must be a text, but YAML reads this as the number 1; quote it",
            "a.yaml:2:1: unknown key 'clames' at the top of the file; did you mean 'claims'? valid: neurontest, model,"
            " trace, neurons, statistics, baseline, concepts, claims",
            "b.yaml:3:5: no kind of claim has the sentence 'tulip is consistent'; nearest ('neurontest claims' lists"
            " all):\n    A has consistent neurons [against B]",
            "b.yaml:4:18: 'samples' must be a whole number at least 1, not 0",
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_every_fault_is_said_once_where_it_is(case: str, tmp_path: Path) -> None:
    files, expected = CASES[case]
    assert faults(tmp_path, files) == [message.replace("{folder}", tmp_path.as_posix()) for message in expected]
