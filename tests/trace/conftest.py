"""Fixtures of the trace tests: tiny models, made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import tiny


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Matrices this small are slower on several threads, and far slower on cores that are busy otherwise."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session", params=tiny.ARCHITECTURES)
def pair(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    return tiny.build(request.param)


@pytest.fixture(scope="session")
def llama() -> tuple[Any, Any]:
    return tiny.build("llama")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.save(tmp_path_factory.mktemp("model"), "llama")
