from __future__ import annotations

import platform
from pathlib import Path

import pytest

from neurontest.run.record import processor as module
from neurontest.run.record.processor import processor


@pytest.fixture(autouse=True)
def fresh() -> None:
    processor.cache_clear()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "processor\t: 0\nmodel name\t: AMD EPYC  7763 64-Core Processor\nflags: fpu\n",
            "AMD EPYC 7763 64-Core Processor",
        ),
        ("processor: 0\nModel\t\t: Raspberry Pi 4 Model B\n", "Raspberry Pi 4 Model B"),
    ],
)
def test_it_is_called_what_the_system_calls_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, name: str
) -> None:
    (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(module, "_TOLD", tmp_path / "cpuinfo")
    assert processor() == name


def test_elsewhere_its_kind_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TOLD", tmp_path / "none")
    assert processor() in (platform.processor(), platform.machine())
    assert processor()
