"""Models that a function of the user's makes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from neurontest.errors import ModelError
from neurontest.trace.models.named import from_transformers, model_named
from neurontest.types import ModelHandle, notices_of, silent

FACTORY = """
from tests import tiny
from neurontest import from_transformers
made = []

def pair():
    made.append(1)
    return tiny.build("llama")

def handle():
    return from_transformers(*tiny.build("llama"), name="mine")

class Models:
    @staticmethod
    def nested():
        return tiny.build("gpt2")

def steered():
    model, tokenizer = tiny.build("llama")
    model.model.layers[1].register_forward_hook(lambda module, args, output: output * 2)
    return model, tokenizer

def broken():
    raise RuntimeError("no such\\nfile")

def nothing():
    return None

constant = 3
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "ourmodels"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "tiny.py").write_text(FACTORY)
    (package / "bad.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "ourmodels"]:
        monkeypatch.delitem(sys.modules, name)


def handle(function: str, suite: Path | None = None) -> ModelHandle:
    return model_named(
        f"python:{function}",
        cache_dir=Path("cache"),
        dtype="float32",
        device="cpu",
        suite_folder=suite,
        progress=silent,
    )


def test_a_pair_is_made_once_and_when_it_is_looked_at(llama: tuple[Any, Any]) -> None:
    path = list(sys.path)
    found = handle("ourmodels.tiny:pair")
    assert found.name == "python:ourmodels.tiny:pair"
    assert "ourmodels" not in sys.modules, "nothing is imported before it is needed"
    assert found.fingerprint == from_transformers(*llama).fingerprint
    assert (found.dtype, found.device, found.attention) == ("float32", "cpu", "sdpa")
    assert found.load()[0] is found.load()[0]
    assert sys.modules["ourmodels.tiny"].made == [1]
    assert sys.path == path


def test_a_handle_and_a_nested_function(llama: tuple[Any, Any]) -> None:
    assert handle("ourmodels.tiny:handle").fingerprint == from_transformers(*llama).fingerprint
    assert type(handle("ourmodels.tiny:Models.nested").load()[0]).__name__ == "GPT2LMHeadModel"


def test_what_it_made_may_carry_hooks() -> None:
    plain, steered = handle("ourmodels.tiny:pair"), handle("ourmodels.tiny:steered")
    assert plain.fingerprint != steered.fingerprint
    assert not notices_of(plain)
    assert "a hook on LlamaDecoderLayer" in notices_of(steered)[0]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("ourmodels.absent:pair", "has no factory: No module named 'ourmodels.absent'"),
        ("ourmodels.tiny:absent", "has no factory: module 'ourmodels.tiny' has no attribute 'absent'"),
        ("ourmodels.bad:pair", "has no factory: ZeroDivisionError: division by zero"),
        ("ourmodels.tiny:constant", "has no factory: constant cannot be called"),
        ("ourmodels.tiny:broken", "could not be made: RuntimeError: no such$"),
        ("ourmodels.tiny:nothing", "concept_model returned NoneType.*may return a pair"),
    ],
)
def test_what_may_go_wrong(function: str, message: str) -> None:
    found = handle(function)
    for look in (found.load, lambda: found.fingerprint):
        with pytest.raises(ModelError, match=rf"^The model 'python:{function}'.*{message}"):
            look()


@pytest.mark.parametrize("name", ["ourmodels.tiny", "ourmodels.tiny:", ":pair", "our-models:pair", "a:b:c", "a.:b"])
def test_other_forms(name: str) -> None:
    with pytest.raises(ModelError, match=r"must be of the form python:package\.module:factory"):
        handle(name)


def test_a_spec_may_not_name_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is code, which a spec may not run; name it on the command line"):
        handle("ourmodels.tiny:pair", suite=tmp_path)
    assert "ourmodels" not in sys.modules
