from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from neurontest.cli import main
from neurontest.report.html.models import folders, models_page
from neurontest.report.record import dump_record
from neurontest.types import Record

from ..sample import CLAIMS, HOSTILE, sample
from ..strategies import anything
from ..test_html import ALLOWED, Page


def other(name: str = "other") -> Record:
    """Another model: the first claim is refuted, the second selects otherwise, the third is not claimed."""
    record = sample()
    first, second, _, *rest = CLAIMS
    changed = (
        replace(first, verdict="refuted"),
        replace(second, selection=replace(second.selection, k=20)),
        *rest,
    )
    return replace(record, model=replace(record.model, name=name), claims=changed)


def test_a_row_for_each_claim_and_a_column_for_each_model() -> None:
    page = models_page([sample(), other()])
    assert page.count("<tr data-n=") == len(CLAIMS)
    for claim in CLAIMS:
        assert f'<span class="sentence">{claim.sentence}</span>' in unescape(page)
    assert '<th scope="col">smollm2-135m</th><th scope="col">other</th>' in page
    assert page.count("not claimed") == 1
    assert page.count('data-verdict="differs"') == 1
    assert "selects: residual, generated tokens, difference, top 20 by consistency" in page
    assert "differ (1)" in page
    assert f"the same in all ({len(CLAIMS) - 1})" in page


def test_a_claim_that_says_something_else_elsewhere_is_marked() -> None:
    record = other()
    claims = (replace(record.claims[0], sentence="hanoi overlaps tulip more than violent"), *record.claims[1:])
    page = models_page([sample(), replace(record, claims=claims)])
    assert "says: hanoi overlaps tulip more than violent" in page


def test_models_of_one_name_have_folders_of_their_own() -> None:
    records = [sample(), sample(), other("hub:org/name@main"), other("..")]
    assert folders(records) == ("smollm2-135m", "smollm2-135m-2", "hub-org-name-main", "model")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_stay_text(hostile: str) -> None:
    record = other(hostile)
    claims = tuple(replace(one, sentence=hostile, family=hostile, id=hostile) for one in record.claims)
    page = models_page([sample(), replace(record, suite=hostile, claims=claims)])
    assert Page(page).tags <= ALLOWED
    assert page.count("<script>") == 1


@settings(max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(anything(Record))
def test_any_record_stands_beside_others(record: Record) -> None:
    assert Page(models_page([record, sample(), record])).tags <= ALLOWED


def test_it_is_written_with_every_record_s_own_report_and_its_links_lead_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = []
    for at, record in enumerate((sample(), other())):
        paths.append(tmp_path / f"{at}.json")
        dump_record(record, paths[-1])
    out = tmp_path / "out"
    assert main(["report", *map(str, paths), "--out", str(out), "--csv"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == str(out / "index.html")
    assert all(Path(line).is_file() for line in said)
    assert str(out / "other" / "claims.csv") in said
    page = unescape((out / "index.html").read_text(encoding="utf-8"))
    links = re.findall(r'href="([^"]+report.html)(?:#([^"]+))?"', page)
    assert len(links) == 2 + 2 * len(CLAIMS) - 1
    for file, anchor in links:
        target = (out / file).read_text(encoding="utf-8")
        assert not anchor or f'id="{anchor}"' in target


@pytest.mark.parametrize("more", [[], ["--out", "x", "--sarif", "specs"]])
def test_several_records_need_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dump_record(sample(), tmp_path / "a.json")
    assert main(["report", "a.json", "a.json", *more]) == 2
    assert "say --out DIR, without --sarif" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
