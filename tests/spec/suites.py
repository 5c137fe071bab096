"""Suites written for a test: files by name, with a sound suite.yaml unless one is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from neurontest.errors import SpecError
from neurontest.spec.load import load_suite


def prompts(word: str, count: int = 12) -> list[str]:
    return [f"{word} {number}" for number in range(count)]


def concepts(**sizes: int) -> str:
    """The `concepts:` of a file, as YAML text."""
    lines = [f"  {name}: {{prompts: {prompts(name, size)}}}" for name, size in sizes.items()]
    return "\n".join(["concepts:", *lines, ""])


SUITE = (
    "neurontest: 1\n"
    + f"baseline: {{prompts: {prompts('neutral')}}}\n"
    + concepts(tulip=12, vietnam=12, hanoi=12, violent=12)
)


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write the files of a suite into `folder`."""
    for name, text in {"suite.yaml": SUITE, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def faults(folder: Path, files: Mapping[str, str | bytes]) -> Sequence[str]:
    """What is wrong with a suite of these files, one sentence each; the folder's own name is left out."""
    with pytest.raises(SpecError) as caught:
        load_suite(write(folder, files))
    return [str(fault).removeprefix(folder.as_posix() + "/") for fault in caught.value.faults]
