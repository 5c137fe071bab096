from __future__ import annotations

import json
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurontest.errors import SpecError
from neurontest.spec.reading import source
from neurontest.spec.reading.source import Date, Document, Keys, Position, parse

#: A deadline would measure the machine.
QUICK = settings(deadline=None, max_examples=60)
TEXTS = st.text(st.sampled_from(string.ascii_letters + string.digits + " :#-&*!'\"[]{},?|>%@`\\/äß漢🌷"), max_size=12)
LEAVES = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e6, 1e6) | TEXTS
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)


def leaves(value: Any, keys: Keys = ()) -> list[tuple[Keys, Any]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*keys, key))]
    if isinstance(value, list):
        return [leaf for index, inner in enumerate(value) for leaf in leaves(inner, (*keys, index))]
    return [(keys, value)]


def after(text: str, place: Position) -> str:
    return text.split("\n")[place.line - 1][place.column - 1 :]


@QUICK
@given(VALUES, st.sampled_from([None, 1, 3]))
def test_every_key_and_value_is_where_the_text_has_it(value: Any, indent: int | None) -> None:
    # JSON is YAML, and says of every value how it is written.
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    document = parse(text, "x.yaml")
    assert document.value == value
    for keys, leaf in leaves(value):
        assert after(text, document.position(keys)).startswith(json.dumps(leaf, ensure_ascii=False))
        if keys and isinstance(keys[-1], str):
            assert after(text, document.position(keys, key=True)).startswith(json.dumps(keys[-1], ensure_ascii=False))


@QUICK
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_one_sentence(text: str) -> None:
    try:
        faults = parse(text, "x.yaml").faults
    except SpecError as error:
        faults = list(error.faults)
    for fault in faults:
        assert "\n" not in fault.message
        assert 1 <= fault.line <= len(text.splitlines()) + 1


BLOCK = """\
# a comment
trace: {seed: 7,
        top_k: 20}
claims:
- plain text
- id: x
  claim: two
    lines
  skip: |
    kept # this
- "quoted" # fine
"""


@pytest.mark.parametrize(
    ("keys", "key", "position"),
    [
        ((), False, (2, 1)),
        (("trace",), True, (2, 1)),
        (("trace",), False, (2, 8)),
        (("trace", "top_k"), True, (3, 9)),
        (("trace", "top_k"), False, (3, 16)),
        (("claims", 0), False, (5, 3)),
        (("claims", 1), False, (6, 3)),
        (("claims", 1, "claim"), False, (7, 10)),
        (("claims", 2), False, (11, 3)),
        # What is missing is where it would belong.
        (("claims", 1, "tags"), True, (6, 3)),
        (("claims", 7, "x", 0), False, (5, 1)),
        (("nothing",), False, (2, 1)),
    ],
)
def test_positions_in_block_style(keys: Keys, key: bool, position: tuple[int, int]) -> None:
    assert parse(BLOCK, "x.yaml").position(keys, key=key) == position


def test_yaml_1_2_is_read() -> None:
    text = "[no, yes, on, off, 1e3, 12:30, 012, 0o17, 2001-01-01, ~, null, 'null', .5]"
    date = Date("2001-01-01")
    assert parse(text, "x.yaml").value == [
        *["no", "yes", "on", "off"],
        *[1000.0, "12:30", 12, 15, date, None, None, "null", 0.5],
    ]


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("[It costs 5 # 6\n]", "# 6"),
        ("- It costs 5 # 6", "# 6"),
        ("- It costs\n  5  # 6", "# 6"),
        ("- It costs 5#6", ""),
        ("- 'It costs 5' # 6", ""),
        ("- |\n  It costs 5 # 6", ""),
        ("[It costs 5] # 6", ""),
        ("- &amp 5", "&amp"),
        ("- It costs 5\r\n# 6", ""),
    ],
)
def test_what_yaml_drops_beside_a_text_is_known(text: str, lost: str) -> None:
    assert parse(text, "x.yaml").nodes[(0,)].lost == lost


def test_a_fault_taints_what_is_in_and_around_it() -> None:
    document = parse("a: {b: [1, 2]}\nc: 3\n", "x.yaml")
    document.complain(("a", "b"), "wrong")
    assert not document.sound("a")
    assert not document.sound("a", "b")
    assert not document.sound("a", "b", 0)
    assert document.sound("a", "x")
    assert document.sound("c")
    assert str(document.faults[0]) == "x.yaml:1:8: wrong"


def test_an_alias_is_the_value_it_stands_for() -> None:
    document: Document = parse("a: &k {x: 1}\nb: *k\n", "x.yaml")
    assert document.value == {"a": {"x": 1}, "b": {"x": 1}}


def test_an_explosion_of_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))]
    with pytest.raises(SpecError, match="larger than 200,000 values"):
        parse("\n".join(lines), "x.yaml")


def test_a_file_of_too_many_values_is_not_composed_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LARGEST", 100)
    with pytest.raises(SpecError, match=r"x\.yaml:200:3: larger than 200,000 values; split the file"):
        parse("- a\n" * 10_000, "x.yaml")
    assert len(parse("".join(f"k{number}: 1\n" for number in range(99)), "x.yaml").nodes) == 100
