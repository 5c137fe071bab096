"""The files that `replay` names, and what is said of positions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from neurontest.errors import SpecError
from neurontest.plan import make_plan, shown_requests
from neurontest.spec.load import load_suite
from neurontest.spec.single import claim_from
from neurontest.spec.texts.given import read_given
from neurontest.types import BASELINE, GivenText, Reading
from tests.spec.suites import SUITE, faults, prompts, write

WORDS = ("tulip", "vietnam", "hanoi", "violent", "neutral")
CLAIM = "claims: [baseline-normalized sets differ from raw for tulip]"
REPLAYED = "trace: {replay: true}\n" + SUITE


def items(*words: str) -> list[dict[str, Any]]:
    return [{"prompt": prompt, "text": f" after {prompt}"} for word in words for prompt in prompts(word)]


def file(*words: str) -> str:
    return json.dumps(items(*words))


@pytest.mark.parametrize(("said", "name"), [("true", "replay.json"), ("texts/of.json", "texts/of.json")])
def test_a_suite_names_its_texts(tmp_path: Path, said: str, name: str) -> None:
    suite_yaml = f"trace: {{replay: {said}}}\n{SUITE}"
    suite = load_suite(write(tmp_path, {"suite.yaml": suite_yaml, name: file(*WORDS, "other"), "c.yaml": CLAIM}))
    assert suite.generation.replay == name
    assert suite.claims[0].generation == suite.generation
    assert list(suite.given) == [name]
    assert suite.given[name]["hanoi 3"] == (GivenText(" after hanoi 3"),)
    assert "other 3" not in suite.given[name]


def test_where_a_part_is_enough_claims_without_texts_have_them_written(tmp_path: Path) -> None:
    claims = f"{CLAIM[:-1]}, baseline-normalized sets differ from raw for violent]"
    write(tmp_path, {"suite.yaml": REPLAYED, "replay.json": file("tulip", "vietnam", "neutral"), "c.yaml": claims})
    with pytest.raises(SpecError, match="there is no text for the prompt 'hanoi 0'"):
        load_suite(tmp_path)
    suite = load_suite(tmp_path, partial=True)
    assert [claim.generation.replay for claim in suite.claims] == ["replay.json", None]
    # Nor are they shown by what others were given.
    own = {prompt for one in shown_requests(suite) for prompt in one.prompts}
    assert own == {prompt for word in ("tulip", "vietnam", "neutral") for prompt in prompts(word)}
    for group in make_plan(suite).groups:
        replayed = group.generation.replay is not None
        assert set(group.prompts) == (own if replayed else set(prompts("violent")) | set(prompts("neutral")))


@pytest.mark.parametrize("said", ["false", '""'])
def test_a_claim_takes_back_what_its_suite_says(tmp_path: Path, said: str) -> None:
    claim = f"claims: [{{claim: baseline-normalized sets differ from raw for tulip, trace: {{replay: {said}}}}}]"
    suite = load_suite(write(tmp_path, {"suite.yaml": REPLAYED, "replay.json": file(*WORDS), "c.yaml": claim}))
    assert suite.claims[0].generation.replay is None


def test_a_claim_names_texts_for_its_own_prompts(tmp_path: Path) -> None:
    claim = "claims: [{claim: baseline-normalized sets differ from raw for tulip, trace: {replay: t.jsonl}}]"
    lines = "\n".join(map(json.dumps, items("tulip", "neutral")))
    suite = load_suite(write(tmp_path, {"t.jsonl": lines + "\n\n", "c.yaml": claim}))
    assert suite.generation.replay is None
    assert len(suite.given["t.jsonl"]) == 24


def said(layer: str, replay: str) -> dict[str, Any]:
    return {layer: {"replay": replay}}


@pytest.mark.parametrize("layer", ["overrides", "ini"])
def test_a_person_names_texts_that_lie_anywhere(tmp_path: Path, layer: str) -> None:
    away = tmp_path / "away" / "all.json"
    away.parent.mkdir()
    away.write_text(file(*WORDS))
    folder = write(tmp_path / "suite", {"c.yaml": CLAIM})
    suite = load_suite(folder, **said(layer, str(away)))
    assert suite.generation.replay == str(away)
    assert len(suite.given[str(away)]) == 60
    write(folder, {"replay.json": file(*WORDS)})
    assert load_suite(folder, **said(layer, "true")).generation.replay == "replay.json"
    write(folder, {"suite.yaml": REPLAYED})
    assert load_suite(folder, **said(layer, "false")).generation.replay is None


def test_a_folder_is_that_of_a_run(tmp_path: Path) -> None:
    text = {"text": " and so on", "tokens": 3, "ended": True, "near_boundary": 0, "ids": [5, 6, 1]}
    written = [[{"prompt": p, "sample": n, **text} for p in prompts(word) for n in (0, 1)] for word in WORDS]
    concepts = [{"name": word, "continuations": own} for word, own in zip(WORDS, written, strict=True)]
    # Two concepts with the same prompts: one text each, not two.
    record = {"version": 1, "concepts": [*concepts, concepts[0], {"name": "published", "continuations": []}]}
    write(tmp_path / "run", {"record.json": json.dumps(record)})
    suite = load_suite(write(tmp_path / "suite", {}), {"replay": str(tmp_path / "run")})
    (given,) = suite.given.values()
    assert given["tulip 0"] == (GivenText(" and so on", (5, 6, 1), ended=True),) * 2


RECORDED = {"max_new_tokens": 40, "samples": 4, "temperature": 0.9, "top_k": 200, "seed": 1337, "format": "plain"}
SHORT = RECORDED | {"max_new_tokens": 16, "samples": 1}


def record_of(*others: tuple[dict[str, Any], str, tuple[str, ...]], **claims: dict[str, Any]) -> str:
    """A record of which each of the others is (generation, text, words); and what its claims have read, by id."""
    concepts = [{"name": word, "continuations": items(word)} for word in WORDS]
    texts = [
        {"generation": way, "continuations": [one | {"text": text} for one in items(*words)]}
        for way, text, words in others
    ]
    said = [{"family": "c.yaml", "id": name, "generation": way} for name, way in claims.items()]
    return json.dumps({"generation": RECORDED, "concepts": concepts, "texts": texts, "claims": said})


TULIP = "baseline-normalized sets differ from raw for tulip"


@pytest.mark.parametrize(
    ("claim", "trace", "place"),
    [
        ("known", {}, "ref (texts 2)"),
        ("known", {"max_new_tokens": 3}, "ref (texts 2)"),
        ("long", {"max_new_tokens": 16, "samples": 1}, "ref"),
        ("corpus", {}, "ref (texts 3)"),
        ("part", {}, "ref"),
        ("new", {"max_new_tokens": 16, "samples": 1}, "ref (texts 2)"),
        ("new", {"max_new_tokens": 17, "samples": 1}, "ref"),
        ("new", {}, "ref"),
    ],
)
def test_a_claim_reads_the_texts_that_it_read_in_a_record(
    tmp_path: Path, claim: str, trace: dict[str, Any], place: str
) -> None:
    others = [
        (SHORT, " short", ("tulip", "neutral")),
        (RECORDED | {"replay": "corpus.json"}, " of a corpus", WORDS),
        (SHORT | {"seed": 2}, " some", ("tulip",)),
    ]
    record = record_of(
        *others,
        known=SHORT,
        long=RECORDED,
        # Of texts that were given, nothing but the file says anything.
        corpus=RECORDED | {"replay": "corpus.json", "samples": 1},
        part=SHORT | {"seed": 2},
    )
    path = tmp_path / "ref"
    path.write_text(record)
    claims = json.dumps({"claims": [{"id": claim, "claim": TULIP, "trace": trace}]})
    suite = load_suite(write(tmp_path / "suite", {"c.yaml": claims}), {"replay": str(path)})
    assert suite.generation.replay == str(path)
    read = suite.claims[0].generation.replay
    assert read == str(tmp_path / place)
    texts = {"ref": " after tulip 0", "ref (texts 2)": " short", "ref (texts 3)": " of a corpus"}
    assert suite.given[read]["tulip 0"] == (GivenText(texts[place]),)
    # What nobody reads is not kept.
    assert suite.given.keys() == {str(path), read}
    assert set(suite.given[read]) >= {"tulip 0", "neutral 0"}
    if read != str(path):
        assert "hanoi 0" not in suite.given[read]


@pytest.mark.parametrize("texts", [3, [3], [{"continuations": []}], [{"generation": {"samples": "many"}}]])
def test_further_texts_of_a_record_say_how_they_are_written(tmp_path: Path, texts: object) -> None:
    record = json.loads(record_of()) | {"texts": texts}
    found = faults(tmp_path, {"suite.yaml": REPLAYED, "replay.json": json.dumps(record)})
    assert len(found) == 1
    assert found[0].startswith("replay.json:1:1: 'texts' must say how its texts are written: ")


@pytest.mark.parametrize("way", [None, 3, {"samples": "many"}])
def test_a_claim_whose_own_texts_cannot_be_told_does_not_read_others_in_silence(tmp_path: Path, way: object) -> None:
    record = json.loads(record_of(known=SHORT))
    record["claims"][0]["generation"] = way
    found = faults(tmp_path, {"suite.yaml": REPLAYED, "replay.json": json.dumps(record)})
    assert len(found) == 1
    assert found[0].startswith("replay.json:1:1: 'claims' must say how its texts are written: ")


def test_faults_of_further_texts_are_told(tmp_path: Path) -> None:
    record = json.loads(record_of((SHORT, "x", ("tulip",))))
    record["texts"][0]["continuations"][0]["text"] = 3
    found = faults(tmp_path, {"suite.yaml": REPLAYED, "replay.json": json.dumps(record)})
    assert found == ["replay.json:1:1: 'text' must be a text"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (file("tulip", "vietnam", "hanoi", "violent"), "replay.json:1:1: there is no text for the prompt 'neutral 0' of"
         " the baseline (nor for 11 more prompts); each prompt needs one"),
        (file(*WORDS[:3], "neutral"), "replay.json:1:1: there is no text for the prompt 'violent 0' of 'violent' (nor"
         " for 11 more prompts); each prompt needs one"),
        ("[", "replay.json:1:2: not valid JSON: Expecting value"),
        ("{}", 'replay.json:1:1: a file of texts must be a list of {"prompt": ..., "text": ...}, or the record.json'
         " of a run"),
        ("[3]", 'replay.json:1:1: an item must be {"prompt": ..., "text": ...}, not 3'),
        ('[{"prompt": "x"}]', "replay.json:1:1: an item needs 'text', a text"),
        ('[{"prompt": 3, "text": ""}]', "replay.json:1:1: 'prompt' must be a text"),
        ('[{"prompt": "x", "text": "", "ended": 1}]', "replay.json:1:1: 'ended' must be true or false"),
        ('[{"prompt": "x", "text": "", "ids": [1, "2"]}]', "replay.json:1:1: 'ids' must be a list of whole numbers, the"
         " tokens of the text"),
        ('{"concepts": [{"continuations": [3, {"prompt": ["x"], "sample": {}, "text": "y"}]}]}',
         "replay.json:1:1: 'prompt' must be a text"),
        (r'[{"prompt": "x", "text": "\ud800"}]', "replay.json:1:1: 'text' '\\ud800' holds half a character (a lone"
         " surrogate)"),
    ],
)  # fmt: skip
def test_faults_of_the_file(tmp_path: Path, text: str, fault: str) -> None:
    assert faults(tmp_path, {"suite.yaml": REPLAYED, "replay.json": text}) == [fault]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("true", "suite.yaml:1:17: there is no file 'replay.json' with texts to replay"),
        ("../texts.json", "suite.yaml:1:17: '../texts.json' leads out of the suite's folder; a spec may only read what"
         " lies in it"),
        ("/etc/passwd", "suite.yaml:1:17: '/etc/passwd' is an absolute path; say it from the suite's folder on"),
        ("3", "suite.yaml:1:17: 'replay' must be a text, true or false, not 3"),
    ],
)  # fmt: skip
def test_faults_of_the_name(tmp_path: Path, said: str, fault: str) -> None:
    assert faults(tmp_path, {"suite.yaml": f"trace: {{replay: {said}}}\n{SUITE}"}) == [fault]


def test_a_line_that_is_no_json_is_placed(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"prompt": "a", "text": "b"}\n\n{"prompt": \n')
    with pytest.raises(SpecError) as caught:
        read_given(path.read_text(encoding="utf-8"), "t.jsonl", is_lines=True)
    assert [str(fault) for fault in caught.value.faults] == ["t.jsonl:3:12: not valid JSON: Expecting value"]
    path.write_text('{"prompt": "a", "text": "b"}\n{"prompt": "a"}\n')
    with pytest.raises(SpecError, match=r"t\.jsonl:2:1: an item needs 'text'"):
        read_given(path.read_text(encoding="utf-8"), "t.jsonl", is_lines=True)


def test_a_claim_from_python_replays_what_its_suite_does(tmp_path: Path) -> None:
    suite = load_suite(write(tmp_path, {"suite.yaml": REPLAYED, "replay.json": file(*WORDS)}))
    assert claim_from(suite, "baseline-normalized sets differ from raw for tulip").generation.replay == "replay.json"
    with pytest.raises(SpecError, match="a claim from Python replays what its suite does"):
        claim_from(
            suite, {"claim": "baseline-normalized sets differ from raw for tulip", "trace": {"replay": "other.json"}}
        )


def claims(**neurons: Any) -> dict[str, str]:
    return {
        "c.yaml": json.dumps({"neurons": neurons, "claims": ["baseline-normalized sets differ from raw for tulip"]})
    }


def test_what_a_claim_reads(tmp_path: Path) -> None:
    chosen = claims(positions="prompt", match="tulip", exclude_first=1, reduce="rate")
    (claim,) = load_suite(write(tmp_path, chosen)).claims
    where = {request.positions for request in claim.kind.requests(claim)}
    assert claim.request("tulip").positions == Reading("prompt", "tulip", 1, "rate")
    assert claim.request(BASELINE).positions == Reading("prompt", "", 1, "rate")
    assert where == {claim.request("tulip").positions, claim.request(BASELINE).positions}


def test_what_says_nothing_more_is_read_as_ever(tmp_path: Path) -> None:
    (claim,) = load_suite(write(tmp_path, claims(match="", exclude_first=0, reduce="mean"))).claims
    assert claim.selection.match is None
    assert claim.request("tulip").positions == claim.request(BASELINE).positions == "generated"


def test_positions_more_distinct_is_about_all_tokens_and_the_last(tmp_path: Path) -> None:
    text = "claims: [{claim: all generated tokens separate tulip and hanoi better than the last token, neurons: %s}]"
    chosen = "{reduce: max, exclude_first: 2}"
    (claim,) = load_suite(write(tmp_path, {"c.yaml": text % chosen})).claims
    requests = claim.kind.requests(claim)
    assert {request.positions for request in requests} == {"generated", "last"}


@pytest.mark.parametrize(
    ("neurons", "fault"),
    [
        ({"positions": "last", "reduce": "max"}, "positions: last is one step, of which 'reduce' can say nothing; say"
         " positions: generated, or drop it"),
        ({"positions": "last", "match": "x", "exclude_first": 1}, "positions: last is one step, of which 'match' and"
         " 'exclude_first' can say nothing; say positions: generated, or drop it"),
        ({"exclude_first": 40}, "exclude_first: 40 leaves nothing of max_new_tokens: 40; say a smaller one"),
        ({"positions": "prompt", "match": "tuli"}, "the word 'tuli' is not in the prompt 'tulip 0' of 'tulip' (nor is"
         " it in 11 more); 'match' at positions: prompt needs it in every prompt"),
        ({"positions": "prompt", "match": "7"}, "the word '7' is not in the prompt 'tulip 0' of 'tulip' (nor is it in"
         " 10 more); 'match' at positions: prompt needs it in every prompt"),
    ],
)  # fmt: skip
def test_positions_that_have_no_such_thing(tmp_path: Path, neurons: dict[str, Any], fault: str) -> None:
    (found,) = faults(tmp_path, claims(**neurons))
    assert found.partition(": ")[2] == fault


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("exclude_first: -1", "'exclude_first' must be a whole number at least 0, not -1"),
        ("reduce: median", "'reduce' must be one of mean, max, rate, not 'median'; did you mean 'mean'?"),
        ("match: [a]", "'match' must be a text, not a list"),
        ("positions: prompts", "'positions' must be one of generated, last, prompt, not 'prompts'; did you mean"
         " 'prompt'?"),
    ],
)  # fmt: skip
def test_faults_of_the_values(tmp_path: Path, said: str, message: str) -> None:
    (found,) = faults(tmp_path, {"suite.yaml": f"neurons: {{{said}}}\n{SUITE}"})
    assert found.partition(": ")[2] == message
