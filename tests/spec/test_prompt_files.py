"""Files of prompts as people keep them: each is read rightly, doubted in a warning, or refused where it is wrong."""
# ruff: noqa: E501 - a sentence in one piece can be found by searching for it

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurontest.spec.load import load_suite
from neurontest.spec.reading.lines import doubts, is_blank, prompts_of, stripped
from neurontest.types import Concept
from tests.spec.suites import SUITE, faults, write

BREAD = ["Flour and water", "Knead well", "Let it rise"]
TABLE = 'id,prompt,kind,language\n1,"Flour, salt",a,en\n2,"She said ""taste it""\nand left",b,\n3,Rye,a,en\n'


def suite(said: str) -> str:
    return SUITE + f"  bread: {{prompts: {said}}}\n"


def read(folder: Path, said: str, files: dict[str, str | bytes]) -> Concept:
    return load_suite(write(folder, {"suite.yaml": suite(said), **files})).concepts["bread"]


def warned(folder: Path, said: str, files: dict[str, str | bytes]) -> list[str]:
    found = load_suite(write(folder, {"suite.yaml": suite(said), **files})).warnings
    return [warning.removeprefix(folder.as_posix() + "/") for warning in found]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("b.json", json.dumps(BREAD)),
        ("b.json", json.dumps({"concept": "bread", "prompts": BREAD})),
        ("b.json", json.dumps([{"text": text, "id": 3} for text in BREAD])),
        ("b.json", json.dumps({"concept": "bread", "sentences": {"positive": BREAD, "negative": ["Rain"]}})),
        ("b.json", json.dumps({"positive": BREAD, "negative": ["Rain"]})),
        ("{file: b.json, list: negative}", json.dumps({"sentences": {"positive": ["Rain"], "negative": BREAD}})),
        ("{file: b.json, list: mine}", json.dumps({"prompts": ["Rain"], "mine": BREAD})),
        ("{file: b.json, column: q}", json.dumps({"prompts": [{"q": text, "text": "no"} for text in BREAD]})),
        ("b.jsonl", "\n".join(json.dumps(text) for text in BREAD)),
        ("b.jsonl", "\r\n\r\n".join(json.dumps({"prompt": text, "label": 1}) for text in BREAD) + "\r\n\ufeff\r\n"),
        ("{file: b.jsonl, column: q}", "\n".join(json.dumps({"prompt": "", "q": text}) for text in BREAD)),
        ("{file: b.csv, column: q}", "q\n" + "\n".join(BREAD)),
        ("{file: b.csv, column: q}", '\ufeffid,"q"\r\n1,Flour and water\r\n,\r\n2,"Knead well\u200b"\r\n\r\n3, "Let it rise"'),
        ("{file: b.csv, column: q}", "id;q\n1;Flour and water\n2;Knead well\n3;Let it rise\n"),
        ("{file: b.tsv, column: q}", "id\tq\n1\tFlour and water\n2\tKnead well\n3\tLet it rise\n"),
        ("b.txt", "Flour and water\rKnead well\rLet it rise\r"),
        ("b.txt", "\ufeffFlour and water\n\u200b\n\u00a0\n \u2060\u3164\nKnead well\n\ufeff\n\t\u200f\nLet it rise\u200b\n"),
    ],
)  # fmt: skip
def test_what_is_read(tmp_path: Path, said: str, text: str) -> None:
    name = said.strip("{}").removeprefix("file: ").partition(",")[0]
    concept = read(tmp_path, said, {name: text})
    assert concept.prompts == tuple(BREAD)
    assert concept.source == name


def test_cells_hold_separators_quotes_and_line_breaks(tmp_path: Path) -> None:
    concept = read(tmp_path, "{file: b.csv, column: prompt, group: kind}", {"b.csv": TABLE})
    assert concept.prompts == ("Flour, salt", 'She said "taste it"\nand left', "Rye")
    assert concept.groups == ("a", "b", "a")


def test_groups_of_objects(tmp_path: Path) -> None:
    lines = '{"prompt": "x", "group": "t1", "template": 4}\n{"prompt": "y", "template": "5"}\n'
    assert read(tmp_path, "b.jsonl", {"b.jsonl": lines}).groups == ("t1", "(bread 2)")
    assert read(tmp_path, "{file: b.jsonl, group: template}", {"b.jsonl": lines}).groups == ("4", "5")


LISTS = '{"sentences": {"positive": ["x"], "negative": ["y"]}}'
#: The value of `prompts` stands in suite.yaml:8:20, and what it says of a file from column 27 on.
HERE = "suite.yaml:8:20: "


@pytest.mark.parametrize(
    ("said", "text", "expected"),
    [
        # A table.
        ("b.csv", TABLE, HERE + "say which column holds the prompts, such as {file: b.csv, column: prompt}; it has 'id',"
         " 'prompt', 'kind', 'language'"),
        ("b.tsv", "sentence\nx\n", HERE + "say which column holds the prompts, such as {file: b.tsv, column: sentence};"
         " it has 'sentence'"),
        ("{file: b.csv, column: promt}", TABLE, "suite.yaml:8:27: there is no column 'promt' in 'b.csv'; did you mean"
         " 'prompt'? valid: id, prompt, kind, language"),
        ("{file: b.csv, column: q}", "q,r\nx,1\ny\nz,1,2\n", [
            "b.csv:3:1: this row has 1 cell, and the first has 2; quote a cell that holds the separator",
            "b.csv:4:1: this row has 3 cells, and the first has 2; quote a cell that holds the separator"]),
        ("{file: b.csv, column: q}", 'q,r\n"a\nb",1\n,2\n"\u200b",3\n', [
            "b.csv:4:1: the cell of column 'q' is empty in this row",
            "b.csv:5:1: the cell of column 'q' is empty in this row"]),
        ("{file: b.csv, column: q}", "q,q \nx,y\n", "b.csv:1:1: two columns are called 'q'; rename one"),
        ("{file: b.csv, column: q}", "\n\n", "b.csv:1:1: this table is empty; its first line must name the columns"),
        ("{file: b.csv, column: q}", "q\n", HERE + "there are no prompts in 'b.csv'"),
        ("{file: b.csv, column: q}", 'q,r\n"a\nb",1\n"open,2\nx,3\n', "b.csv:4:1: no table can be read from here on:"
         " unexpected end of data; is a quotation mark not closed, or not doubled?"),
        ("{file: b.csv, column: q}", "q\nx\ny\nx\n", "b.csv:4:1: the prompt 'x' is said twice, first in line 2"),
        ("{file: b.csv, column: q, group: g}", "q,g\nx,a b\n", "b.csv:2:1: the group must be letters, digits, '.', '_' and"
         " '-', a letter or digit first, or a whole number, not 'a b'"),
        # JSON.
        ("b.json", '{"label": 1}', 'b.json:1:1: a file of prompts must be a list of prompts, or {"prompts": [...]}, with'
         ' or without "concept"'),
        ("b.json", '{"easy": ["x"], "hard": ["y"]}', HERE + "say which of its lists is meant, such as {file: b.json, list:"
         " easy}; it has 'easy', 'hard'"),
        ("{file: b.json, list: negativ}", LISTS, "suite.yaml:8:27: there is no list 'negativ' in 'b.json'; did you mean"
         " 'negative'? valid: positive, negative"),
        ("{file: b.json, list: a}", '["x"]', "suite.yaml:8:27: 'b.json' is a list itself, and has no 'a'"),
        ("b.json", '["x", 3, {"text": "y", "prompt": "z"}, {"q": "y"}]', [
            "b.json:1:1: prompt 2 must be a text, or an object that holds one, not 3",
            "b.json:1:1: prompt 3 has 'text' and 'prompt'; say which key holds the prompt, such as {file: b.json, column:"
            " text}",
            "b.json:1:1: prompt 4 has neither 'text' nor 'prompt'; say which key holds the prompt, such as {file: b.json,"
            " column: q}"]),
        ("{file: b.jsonl, column: q}", '"x"\n{"q": 3}\n{"Q": "y"}\n', [
            "b.jsonl:1:1: line 1 is a text, and has no 'q'", "b.jsonl:2:1: line 2 must have a text as 'q', not 3",
            "b.jsonl:3:1: line 3 has no 'q'; valid: Q"]),
        ("b.jsonl", '"x"\n{"text": "a"\n', "b.jsonl:2:13: not valid JSON: Expecting ',' delimiter"),
        ("b.jsonl", '"x"\n{"text": "a", "text": "b"}\n', "b.jsonl:2:1: not valid JSON: the key 'text' is said twice in one"
         " object"),
        ("b.json", "[NaN]", "b.json:1:1: not valid JSON: NaN is no number of JSON"),
        ("b.json", "[" * 100_000, "b.json:1:1: not valid JSON: nested too deeply"),
        ("b.json", r'["\ud800"]', "b.json:1:1: the prompt '\\ud800' holds half a character (a lone surrogate)"),
        ("b.json", '["x", "\u200b"]', "b.json:1:1: this prompt is empty; write a text or remove it"),
        # Text.
        ("{file: b.txt, column: q}", "x", "suite.yaml:8:27: a .txt file has no 'column'; .json, .jsonl, .csv, .tsv"
         " files have"),
        ("{file: b.csv, list: q}", "x", "suite.yaml:8:27: a .csv file has no 'list'; .json files have"),
        ("b.txt", "caf\u00e9\nx\ncafe\u0301\n", "b.txt:3:1: the prompt 'cafe\u0301' is said twice, first in line 1, where its"
         " letters are put together in another way (Unicode)"),
        ("b.txt", "\u200b\n", HERE + "there are no prompts in 'b.txt'"),
        # Bytes.
        ("b.txt", "x\ny".encode("utf-16"), "b.txt:1:1: is UTF-16 text; save the file as UTF-8"),
        ("b.txt", "x\ny".encode("utf-16-le"), "b.txt:1:1: holds NUL characters, as UTF-16 or binary files do; save the file"
         " as UTF-8 text"),
        ("{file: b.csv, column: q}", "q\nx\ncaf\u00e9\n".encode("latin-1"), "b.csv:3:1: is no UTF-8 text; save the file as"
         " UTF-8"),
        # The mapping.
        ("{column: q}", "", HERE + "'prompts' needs 'file'"),
        ("{file: b.xlsx}", "", "suite.yaml:8:27: 'file' must be the name of a .txt, .json, .jsonl, .csv or .tsv file, not"
         " 'b.xlsx'"),
        ("{file: b.csv, colum: q}", TABLE, "suite.yaml:8:34: unknown key 'colum' under 'prompts'; did you mean 'column'?"
         " valid: file, column, group, list"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, said: str, text: str | bytes, expected: str | list[str]) -> None:
    name = next((word for word in said.strip("{}").replace(",", "").split() if word.startswith("b.")), "b.txt")
    assert faults(tmp_path, {"suite.yaml": suite(said), name: text}) == (
        expected if isinstance(expected, list) else [expected]
    )


def test_a_baseline_does_not_take_the_examples_of_a_concept(tmp_path: Path) -> None:
    text = "neurontest: 1\nbaseline: {prompts: b.json}\n"
    assert faults(tmp_path, {"suite.yaml": text, "b.json": LISTS}) == [
        "suite.yaml:2:21: say which of its lists is meant, such as {file: b.json, list: negative}; it has 'positive',"
        " 'negative'"
    ]
    text = "neurontest: 1\nbaseline: {prompts: {file: b.json, list: negative}}\n"
    baseline = load_suite(write(tmp_path, {"suite.yaml": text, "b.json": LISTS})).baseline
    assert baseline is not None
    assert baseline.prompts == ("y",)


def test_a_prompt_of_the_baseline_in_other_letters(tmp_path: Path) -> None:
    text = "neurontest: 1\nbaseline: {prompts: ['caf\u00e9']}\nconcepts: {a: {prompts: ['cafe\u0301', x]}}\n"
    (found,) = faults(tmp_path, {"suite.yaml": text})
    assert found.startswith("suite.yaml:3:26: the prompt 'cafe\u0301' of 'a' is in the baseline as well")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x\n\n# one\ny\n# two\n", "b.txt:3:1: 2 of 4 lines of this file, such as '# one', begin as comments do"),
        ("// one\ny\n", "b.txt:1:1: 1 of 2 lines of this file, such as '// one', begin as comments do"),
        ("x\n-- one\n% two\n; three\n", "b.txt:2:1: 3 of 4 lines of this file, such as '-- one', begin as comments do"),
        ("- x\n- y\n", "b.txt:1:1: all 2 lines of this file, such as '- x', begin as items of a list do"),
        ("* x\n+ y\n1. z\n2) w\n\u2022 v\n", "b.txt:1:1: all 5 lines of this file, such as '* x', begin as items"),
        ('"x",\n"y",\n"z"\n', "b.txt:1:1: all 3 lines of this file, such as '\"x\",', are quoted"),
        ("'x',\ny\n", "b.txt:1:1: 1 of 2 lines of this file, such as \"'x',\", are quoted"),
        ("\u201cx\u201d\n\u201cy\u201d\n", "b.txt:1:1: all 2 lines of this file, such as '\u201cx\u201d', are quoted"),
        (
            '{"prompt": "x"}\n{"prompt": "y"}\n',
            'b.txt:1:1: all 2 lines of this file, such as \'{"prompt": "x"}\', look',
        ),
        ("1\tx\n2\ty\n", "b.txt:1:1: all 2 lines of this file, such as '1\\tx', hold tabs"),
        ("x\n[\n", "b.txt:2:1: 1 of 2 lines of this file, such as '[', hold no letter or digit"),
        ("caf\ufffd\ny\n", "b.txt:1:1: 1 of 2 lines of this file, such as 'caf\ufffd', hold U+FFFD"),
    ],
)
def test_what_looks_like_something_else_is_read_and_warned_of(tmp_path: Path, text: str, expected: str) -> None:
    (warning,) = warned(tmp_path, "b.txt", {"b.txt": text})
    assert warning.startswith(expected)
    assert read(tmp_path, "b.txt", {"b.txt": text}).prompts == tuple(line for line in text.split("\n") if line)


@pytest.mark.parametrize(
    "text", ['"Where are you?"\nHe left\n', "I - he - we\n", "1.5 metres\n", "It costs 5 # 6\n", "M. Dupont\n", "-5 degrees\n"]
)  # fmt: skip
def test_ordinary_lines_are_not_warned_of(tmp_path: Path, text: str) -> None:
    assert warned(tmp_path, "b.txt", {"b.txt": text}) == []


def test_examples_of_two_things_are_warned_of(tmp_path: Path) -> None:
    text = '{"prompt": "x", "label": 1}\n{"prompt": "y", "label": 0}\n'
    (warning,) = warned(tmp_path, "b.jsonl", {"b.jsonl": text})
    assert warning.startswith("b.jsonl:1:1: 'label' differs ('0', '1'), and all lines are read whatever it says")
    (warning,) = warned(tmp_path, "{file: b.csv, column: q}", {"b.csv": "q,Class,class\nx,1,a\ny,1,b\n"})
    assert warning.startswith("b.csv:1:1: 'class' differs ('a', 'b')")


def test_a_file_that_two_concepts_read_is_warned_of_once(tmp_path: Path) -> None:
    text = suite("b.txt").replace("  bread", "  flour: {prompts: b.txt}\n  bread")
    assert len(load_suite(write(tmp_path, {"suite.yaml": text, "b.txt": "# x\ny\n"})).warnings) == 1


def test_signs_keep_what_belongs_to_them() -> None:
    flag = "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in "gbeng") + "\U000e007f"
    for text in ("I \u2764\ufe0f", flag, "\u06005", "e\u0301"):
        assert stripped(f"\u200b {text}\u00a0\ufeff\u2028") == text


@settings(deadline=None)
@given(st.text(st.sampled_from("ab \u200b\u00a0\ufeff\n\r\t#-\"',")))
def test_every_line_with_something_on_it_is_a_prompt(text: str) -> None:
    found = prompts_of(text)
    assert all(line == stripped(line) and not is_blank(line) for _, line in found)
    kept = "".join(line for _, line in found)
    assert sum(map(kept.count, "ab#-\"',")) == sum(map(text.count, "ab#-\"',"))
    assert all(1 <= number <= len(found) + text.count("\n") + text.count("\r") for number, _ in doubts(found))
