from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from neurontest.report.record import load_record
from neurontest.report.tables import TABLES, claims_csv, neurons_csv, overlaps_csv
from neurontest.types import PublishedNeuron, Record

from .sample import CLAIMS, HOSTILE, sample
from .strategies import anything

REFERENCE = Path(__file__).parents[2] / "reports" / "reference" / "smollm2-135m" / "record.json"
FORMULAS = ('=HYPERLINK("http://x")', "+1+1", "-2", "@SUM(A1)", "\t=1", " =1", "＝1")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_a_claim_has_one_row_with_its_verdict_and_numbers() -> None:
    found = rows(claims_csv(sample()))
    assert [row["id"] for row in found] == [claim.id for claim in CLAIMS]
    first = found[0]
    assert (first["file"], first["line"], first["verdict"], first["vacuous"]) == (
        "geography.yaml",
        "4",
        "holds",
        "False",
    )
    assert (float(first["effect"]), float(first["low"]), float(first["high"])) == (29.84, 12.11, 47.57)
    assert (float(first["p_adjusted"]), first["correction"], first["m"]) == (0.0036, "holm", "12")
    assert first["plain"].startswith("Shown: ")
    skipped = next(row for row in found if row["verdict"] == "skipped")
    assert skipped["effect"] == skipped["p"] == skipped["p_adjusted"] == ""


def test_every_neuron_of_every_set_has_a_row() -> None:
    record = load_record(REFERENCE)
    found = rows(neurons_csv(record))
    assert len(found) == sum(len(own.neurons) for one in record.concepts for own in one.sets)
    own = record.concepts[0].sets[0]
    first = own.neurons[0]
    assert (found[0]["concept"], found[0]["site"], int(found[0]["k"])) == (own.concept, own.site, own.k)
    assert (int(found[0]["layer"]), int(found[0]["neuron"]), float(found[0]["score"])) == (
        first.layer,
        first.index,
        first.score,
    )


def test_a_published_set_is_listed_as_far_as_it_is_told() -> None:
    record = sample()
    told = (PublishedNeuron(10, 756, 12), PublishedNeuron(2, 3))
    paper = replace(record.concepts[0], name="paper", published=told, site="mlp", out_of=24, sets=())
    found = rows(neurons_csv(replace(record, concepts=(paper,))))
    assert [(row["select"], row["site"], row["rank"], row["layer"], row["neuron"]) for row in found] == [
        ("published", "mlp", "1", "10", "756"),
        ("published", "mlp", "2", "2", "3"),
    ]
    assert [(row["occurrences"], row["share"]) for row in found] == [("12", "0.5"), ("", "")]


def test_every_two_concepts_have_a_row_at_each_setting() -> None:
    record = sample()
    found = rows(overlaps_csv(record))
    assert len(found) == 6 * len(record.overlaps)
    one = next(
        row
        for row in found
        if (row["kind"], row["positions"], row["a"], row["b"]) == ("raw", "last", "vietnam", "violent")
    )
    assert float(one["shared"]) == 9.5


@pytest.mark.parametrize("text", [*FORMULAS, *HOSTILE])
def test_no_text_is_a_formula(text: str) -> None:
    record = sample()
    claim = replace(CLAIMS[0], id=text, sentence=text, family=text, tags=(text,))
    concept = replace(
        record.concepts[0], name=text, sets=tuple(replace(one, concept=text) for one in record.concepts[0].sets)
    )
    hostile = replace(record, claims=(claim,), concepts=(concept, *record.concepts[1:]))
    for name, table in TABLES.items():
        read = list(csv.reader(StringIO(table(hostile))))
        assert len({len(row) for row in read}) == 1, name
        for cell in (cell for row in read for cell in row):
            assert cell.lstrip(" ")[:1] not in {"=", "+", "@", "\t", "\r", "＝", "＋", "－", "＠"}
            # A number may be negative, and a text may not begin as one.
            if cell.startswith("-"):
                float(cell)
    assert "'-2" in claims_csv(replace(record, claims=(replace(CLAIMS[0], id="-2"),)))


def test_the_same_record_gives_the_same_tables() -> None:
    for table in TABLES.values():
        assert table(sample()) == table(sample())


@settings(max_examples=10, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(anything(Record))
def test_any_record_makes_tables(record: Record) -> None:
    for table in TABLES.values():
        assert len({len(row) for row in csv.reader(StringIO(table(record)))}) == 1
    assert len(rows(claims_csv(record))) == len(record.claims)
