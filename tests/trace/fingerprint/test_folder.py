"""A model's folder: what of it is read, that nothing else is, and what is said of folders that are no model."""

from __future__ import annotations

import json
import shutil
import struct
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from neurontest.errors import ModelError
from neurontest.trace.fingerprint.files import of_folder
from neurontest.trace.fingerprint.folder import PATTERNS, check_folder, files_of
from neurontest.trace.models.named import model_named
from neurontest.types import ModelHandle, silent

INDEX = "model.safetensors.index.json"


def handle(folder: Path, cache: Path, suite: Path | None = None) -> ModelHandle:
    name = str(folder if suite is None else folder.relative_to(suite))
    return model_named(name, cache_dir=cache, dtype="float32", device="cpu", suite_folder=suite, progress=silent)


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    target = tmp_path / "suite" / "copy"
    shutil.copytree(folder, target)
    return target


@pytest.fixture
def sharded(copied: Path) -> Path:
    """The same with its weights in two files of a subfolder."""
    from safetensors.numpy import load_file, save_file

    weights = load_file(copied / "model.safetensors")
    (copied / "model.safetensors").unlink()
    (copied / "sub").mkdir()
    names = sorted(weights)
    where = {name: f"sub/model-{number % 2}.safetensors" for number, name in enumerate(names)}
    for shard in sorted(set(where.values())):
        save_file({name: weights[name] for name in names if where[name] == shard}, copied / shard, {"format": "pt"})
    (copied / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": where}))
    return copied


def name_in_index(folder: Path, name: str) -> None:
    index = json.loads((folder / INDEX).read_text())
    index["weight_map"]["model.norm.weight"] = name
    (folder / INDEX).write_text(json.dumps(index))


def test_shards_in_a_subfolder_are_read_and_counted(sharded: Path, tmp_path: Path, llama: tuple[Any, Any]) -> None:
    import torch

    before = of_folder(sharded, tmp_path / "cache")
    model = handle(sharded, tmp_path / "cache").load()[0]
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), llama[0].parameters(), strict=True))
    shard = sharded / "sub" / "model-1.safetensors"
    data = shard.read_bytes()
    shard.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert of_folder(sharded, tmp_path / "other") != before


#: Files that a run of the test opened; a hook of this kind stays for as long as the process.
_opened: list[str] = []
_is_watching = False


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if _is_watching and event == "open" and isinstance(args[0], str | bytes | Path):
        _opened.append(str(args[0] if not isinstance(args[0], bytes) else args[0].decode()))


@pytest.fixture
def opened() -> Any:
    global _is_watching
    if _watch not in _opened_hooks:
        sys.addaudithook(_watch)
        _opened_hooks.append(_watch)
    _opened.clear()
    _is_watching = True
    yield _opened
    _is_watching = False


_opened_hooks: list[Callable[..., None]] = []


def with_much(folder: Path) -> None:
    """All that a folder may hold beside what a tiny model's holds."""
    (folder / "additional_chat_templates").mkdir()
    (folder / "additional_chat_templates" / "tool.jinja").write_text("{{ messages }}")
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": 1}))
    (folder / "special_tokens_map.json").write_text("{}")
    (folder / "added_tokens.json").write_text("{}")
    (folder / "processor_config.json").write_text("{}")
    (folder / "preprocessor_config.json").write_text("{}")
    (folder / "vocab.json").write_text("{}")
    (folder / "merges.txt").write_text("")
    said = json.loads((folder / "tokenizer_config.json").read_text())
    shutil.copy(folder / "tokenizer.json", folder / "tokenizer.4.0.0.json")
    said["fast_tokenizer_files"] = ["tokenizer.4.0.0.json", "tokenizer.json"]
    (folder / "tokenizer_config.json").write_text(json.dumps(said))


@pytest.mark.parametrize("kind", ["whole", "sharded"])
def test_every_file_that_loading_opens_is_in_the_fingerprint(
    kind: str, request: pytest.FixtureRequest, copied: Path, tmp_path: Path, opened: list[str]
) -> None:
    folder = request.getfixturevalue("sharded") if kind == "sharded" else copied
    with_much(folder)
    found = handle(folder, tmp_path / "cache")
    counted = {str(path) for path in files_of(folder)}
    opened.clear()
    found.load()
    seen = {str(Path(path).absolute()) for path in opened}
    read = {path for path in seen if path.startswith(str(folder))}
    assert str(folder / "tokenizer.4.0.0.json") in read, "else this test sees nothing"
    assert read <= counted


def test_tokenizer_files_of_every_kind_are_counted_and_fetched() -> None:
    import transformers
    from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES

    names: set[str] = set()
    for named in TOKENIZER_MAPPING_NAMES.values():
        for name in named if isinstance(named, tuple | list) else [named]:
            try:
                files = getattr(transformers, name).vocab_files_names if name else {}
            except (ImportError, AttributeError):
                continue  # needs a library of its own
            names |= {file for file in files.values() if file}
    assert {"vocab.txt", "merges.txt", "tokenizer.json", "bpe.codes"} <= names
    unmatched = {name for name in names if not any(PurePosixPath(name).match(pattern) for pattern in PATTERNS)}
    assert not unmatched


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pytorch_model.bin", r"names 'pytorch_model\.bin': only weights in safetensors are loaded"),
        ("../outside.safetensors", r"names '\.\./outside\.safetensors', which lies outside the model's folder"),
        ("sub/../../outside.safetensors", "lies outside the model's folder"),
        ("/etc/outside.safetensors", "lies outside the model's folder"),
        ("sub\\..\\outside.safetensors", "lies outside the model's folder"),
        ("sub/model-9.safetensors", r"lacks sub/model-9\.safetensors, which its model\.safetensors\.index\.json names"),
    ],
)
@pytest.mark.parametrize("is_said_in_a_spec", [False, True])
def test_an_index_names_safetensors_of_the_folder_alone(
    name: str, message: str, is_said_in_a_spec: bool, sharded: Path, tmp_path: Path
) -> None:
    shutil.copy(sharded / "sub" / "model-0.safetensors", sharded.parent / "outside.safetensors")
    (sharded / "pytorch_model.bin").write_bytes(b"")
    name_in_index(sharded, name)
    with pytest.raises(ModelError, match=message):
        handle(sharded, tmp_path / "cache", sharded.parent if is_said_in_a_spec else None)


@pytest.mark.parametrize("index", ["{", "[]", "{}", '{"weight_map": {}}', '{"weight_map": {"a": 3}}'])
def test_an_index_that_is_none(index: str, sharded: Path, tmp_path: Path) -> None:
    (sharded / INDEX).write_text(index)
    with pytest.raises(ModelError, match="is no index of weights: it has no weight_map"):
        handle(sharded, tmp_path / "cache")


def test_weights_that_the_configuration_names(copied: Path, tmp_path: Path) -> None:
    config = json.loads((copied / "config.json").read_text())
    (copied / "model.safetensors").rename(copied / "mine.safetensors")
    (copied / "config.json").write_text(json.dumps(config | {"transformers_weights": "mine.safetensors"}))
    assert handle(copied, tmp_path / "cache").load()
    for name, message in (("adapter_model.bin", "only weights in safetensors"), ("../x.safetensors", "outside")):
        (copied / "config.json").write_text(json.dumps(config | {"transformers_weights": name}))
        with pytest.raises(ModelError, match=message):
            handle(copied, tmp_path / "cache")


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "tokenizer.json", "generation_config.json"])
@pytest.mark.parametrize("is_said_in_a_spec", [False, True])
def test_a_link_that_leads_out_is_refused(
    file: str, is_said_in_a_spec: bool, copied: Path, folder: Path, tmp_path: Path
) -> None:
    (copied / file).unlink(missing_ok=True)
    (copied / file).symlink_to(folder / file)
    with pytest.raises(ModelError, match=rf"has a link that leads out of it: {file}\. Put a copy"):
        handle(copied, tmp_path / "cache", copied.parent if is_said_in_a_spec else None)


def test_a_link_that_stays_inside_is_none_of_its_business(copied: Path, tmp_path: Path) -> None:
    (copied / "blobs").mkdir()
    (copied / "model.safetensors").rename(copied / "blobs" / "1")
    (copied / "model.safetensors").symlink_to("blobs/1")
    assert handle(copied, tmp_path / "cache", copied.parent).load()


def test_templates_in_a_linked_folder_lead_out_too(copied: Path, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "x.jinja").write_text("secret")
    (copied / "additional_chat_templates").symlink_to(tmp_path / "templates")
    with pytest.raises(ModelError, match="has a link that leads out of it"):
        handle(copied, tmp_path / "cache")


def test_what_was_put_there_after_it_was_named_is_looked_at(copied: Path, folder: Path, tmp_path: Path) -> None:
    found = handle(copied, tmp_path / "cache")
    (copied / "generation_config.json").unlink(missing_ok=True)
    (copied / "generation_config.json").symlink_to(folder / "config.json")
    with pytest.raises(ModelError, match="has a link that leads out of it"):
        found.load()


def test_a_snapshot_of_the_hubs_cache_may_be_named_as_a_folder(folder: Path, tmp_path: Path) -> None:
    repository = tmp_path / "models--org--tiny"
    snapshot = repository / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (repository / "blobs").mkdir()
    for file in folder.iterdir():
        shutil.copy(file, repository / "blobs" / file.name)
        (snapshot / file.name).symlink_to(Path("../../blobs") / file.name)
    assert handle(snapshot, tmp_path / "cache").load()
    assert handle(snapshot, tmp_path / "cache", tmp_path).load()
    with pytest.raises(ModelError, match="has a link that leads out of it"):
        check_folder(snapshot, within=snapshot)
    (snapshot / "config.json").unlink()
    (snapshot / "config.json").symlink_to(folder / "config.json")
    with pytest.raises(ModelError, match="has a link that leads out of it"):
        handle(snapshot, tmp_path / "cache")


def test_a_tokenizer_that_names_files_elsewhere(copied: Path, tmp_path: Path) -> None:
    outside = tmp_path / "vocabulary.txt"
    outside.write_text("secret")
    said = json.loads((copied / "tokenizer_config.json").read_text())
    for key, value in (("vocab_file", str(outside)), ("vocab_file", "../../vocabulary.txt")):
        (copied / "tokenizer_config.json").write_text(json.dumps(said | {key: value}))
        with pytest.raises(ModelError, match=r"tokenizer_config\.json names '.*', which lies outside the model's"):
            handle(copied, tmp_path / "cache")
    # What a saving left there of another machine, and what the folder has itself.
    for value in ("/home/somebody/.cache/special_tokens_map.json", str(tmp_path / "tokenizer.json")):
        (tmp_path / "tokenizer.json").write_text("{}")
        (copied / "tokenizer_config.json").write_text(json.dumps(said | {"tokenizer_file": value}))
        assert handle(copied, tmp_path / "cache").load()


def as_pointer(folder: Path) -> None:
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 99\n"
    (folder / "model.safetensors").write_text(text)


def as_tokenizer_pointer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 99\n")


def cut_off(folder: Path) -> None:
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])


def cut_off_in_its_head(folder: Path) -> None:
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[:40])


def as_another_file(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", 4) + b"PK\3\4" + b"x" * 50)


def emptied(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"")


def as_nanogpt(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    (folder / "ckpt.pt").write_bytes(b"PK")


def as_adapter(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "org/base"}))
    (folder / "adapter_model.safetensors").write_bytes(b"")


def with_adapter(folder: Path) -> None:
    (folder / "adapter_config.json").write_text("{}")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (as_pointer, r"model\.safetensors is a git-lfs pointer, not the file .*run 'git lfs pull'"),
        (as_tokenizer_pointer, r"tokenizer\.json is a git-lfs pointer"),
        (cut_off, r"model\.safetensors is cut off: it has \d+ of \d+ bytes"),
        (cut_off_in_its_head, r"model\.safetensors is cut off: it has 40 of \d+ bytes"),
        (as_another_file, r"model\.safetensors is no file of safetensors"),
        (emptied, r"model\.safetensors is no file of safetensors \(0 bytes\)"),
        (as_nanogpt, r"has no config\.json, and ckpt\.pt is a pickle, as nanoGPT .*Convert it"),
        (as_adapter, r"is an adapter of 'org/base' and no model of its own; merge it first"),
        (with_adapter, r"holds an adapter beside a model, .*merge it first"),
    ],
)
def test_folders_that_are_no_model_each_get_a_sentence(
    spoil: Callable[[Path], None], message: str, copied: Path, tmp_path: Path
) -> None:
    spoil(copied)
    with pytest.raises(ModelError, match=message) as caught:
        handle(copied, tmp_path / "cache")
    assert "\n" not in str(caught.value)
    assert "attention impl" not in str(caught.value)


def test_advice_about_attention_stands_where_it_could_help(copied: Path, tmp_path: Path) -> None:
    from neurontest.trace.models.loading import _why

    (copied / "tokenizer.json").write_text("{")
    with pytest.raises(ModelError, match="could not be loaded") as caught:
        handle(copied, tmp_path / "cache").load()
    assert "attention impl" not in str(caught.value)
    error = ValueError("XForCausalLM does not support an attention implementation through torch's SDPA yet.")
    assert "another attention implementation can be loaded in a conftest.py" in _why("x", None, error)
