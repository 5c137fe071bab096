"""A model's folder: which of its files loading opens, and that none of them leads elsewhere or is of another kind.

Nothing here imports torch or transformers: a second run looks at its model's files alone.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from neurontest.errors import ModelError
from neurontest.text import quoted

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"

#: Names of what decides a model's activations and texts: weights, configuration and tokenizer, in any of their formats.
PATTERNS = (
    "*.safetensors",
    "*.json",
    "*.jinja",
    "*.model",
    "tokenizer.model*",
    "*.tiktoken",
    "*.txt",
    "*.spm",
    "*.codes",
    "*.bpe",
    "*.vocab",
    "*.tokenizer",
)
#: Chat templates have a folder of their own.
_TEMPLATES = "additional_chat_templates"

_LFS = b"version https://git-lfs.github.com/spec/"
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
#: A header of safetensors is some hundred bytes a tensor; the format itself allows no more than this.
_LONGEST_HEADER = 100_000_000


def files_of(folder: Path) -> list[Path]:
    """The files that loading may open, sorted; weights in subfolders are those that an index names.

    Raises
    ------
    ModelError
        If an index names something that is not in the folder, or is no file of safetensors.
    """
    found = {path for path in folder.iterdir() if _counts(path)}
    found |= {path for path in folder.glob(f"{_TEMPLATES}/*.jinja") if path.is_file()}
    found |= {path for path in map(folder.joinpath, _named(folder)) if path.is_file()}
    return sorted(found)


def check_folder(path: Path, within: Path | None = None) -> None:
    """Check that a folder holds a model, and that loading it reads nothing else.

    Parameters
    ----------
    path : Path
    within : Path, optional
        Where a spec may read: a folder that the model's must not leave, by a link either.

    Raises
    ------
    ModelError
        If it has no configuration, or no whole weights in safetensors; if one of its files leads out of it; if it is an
        adapter without its model.
    """
    if (path / "adapter_config.json").exists():
        raise _adapter(path)
    if not (path / "config.json").is_file():
        raise _no_config(path)
    files = files_of(path)
    home = _home(path)
    for file in files:
        real = file.resolve()
        if not real.is_relative_to(home) or (within is not None and not real.is_relative_to(within.resolve())):
            raise ModelError(
                f"The model folder {path} has a link that leads out of it: {file.relative_to(path)}. Put a copy of the "
                "file into the folder."
            )
        if _starts_with(file, _LFS):
            raise ModelError(
                f"{file} is a git-lfs pointer, not the file that it stands for; run 'git lfs pull' where the model was "
                "cloned, or fetch it with 'hf download'."
            )
    _check_tokenizer(path)
    weights = [path / name for name in _weights(path)]
    if not any(weight.is_file() for weight in weights):
        pickled = sorted(file.name for pattern in _PICKLES for file in path.glob(pattern))
        reason = f"; {pickled[0]} is a pickle, which can run code and is never loaded" if pickled else ""
        raise ModelError(f"The model folder {path} has no weights in safetensors{reason}.")
    for weight in weights:
        if not weight.is_file():
            raise ModelError(
                f"The model folder {path} lacks {weight.relative_to(path)}, which its {INDEX} names; fetch or copy it."
            )
        _check_whole(weight)


def _counts(path: Path) -> bool:
    return path.is_file() and any(PurePosixPath(path.name).match(pattern) for pattern in PATTERNS)


def _home(folder: Path) -> Path:
    """The folder that the model's files lie in: its own, or all of a repository's in the cache of the hub's client."""
    real = folder.resolve()
    repository = real.parent.parent
    in_cache = real.parent.name == "snapshots" and repository.name.startswith("models--")
    return repository if in_cache else real


def _weights(folder: Path) -> list[str]:
    """The files that loading takes weights from, relative to the folder, as transformers chooses them."""
    said = _read_json(folder / "config.json").get("transformers_weights")
    if isinstance(said, str):
        return _shards(folder, said) if said.endswith(".index.json") else [_inside(folder, said, "config.json")]
    if (folder / WEIGHTS).is_file() or not (folder / INDEX).is_file():
        return [WEIGHTS]
    return _shards(folder, INDEX)


def _named(folder: Path) -> Iterator[str]:
    """Weights that the configuration or an index names, wherever they lie."""
    yield from _weights(folder)
    for index in folder.glob("*.safetensors.index.json"):
        yield from _shards(folder, index.name)


def _shards(folder: Path, name: str) -> list[str]:
    names = _read_json(folder / _inside(folder, name, "config.json")).get("weight_map")
    if not isinstance(names, dict) or not names or not all(isinstance(shard, str) for shard in names.values()):
        raise ModelError(f"{folder / name} is no index of weights: it has no weight_map from weights to files.")
    return sorted({_inside(folder, shard, name) for shard in names.values()})


def _inside(folder: Path, name: str, by: str) -> str:
    """A name that one of the folder's files gives, which must be of safetensors and stay in the folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise ModelError(f"{folder / by} names {quoted(name)}, which lies outside the model's folder.")
    if not name.endswith((".safetensors", ".safetensors.index.json")):
        raise ModelError(
            f"{folder / by} names {quoted(name)}: only weights in safetensors are loaded, since a pickle can run code."
        )
    return str(path)


def _check_tokenizer(folder: Path) -> None:
    """Check that a tokenizer's configuration names no files elsewhere; what was left there by a saving is harmless."""
    said = _read_json(folder / "tokenizer_config.json")
    names = [value for key, value in said.items() if key.endswith("_file") and isinstance(value, str)]
    versions = said.get("fast_tokenizer_files")
    names += [value for value in versions if isinstance(value, str)] if isinstance(versions, list) else []
    for name in names:
        if "\0" in name or (folder / PurePosixPath(name).name).is_file():
            continue  # it is the folder's own that is read
        found = folder / name
        if found.exists() and not found.resolve().is_relative_to(_home(folder)):
            raise ModelError(
                f"{folder / 'tokenizer_config.json'} names {quoted(name)}, which lies outside the model's folder; put "
                "a copy into the folder."
            )


def _read_json(path: Path) -> dict[str, Any]:
    """What a file holds; nothing if it is not there or not legible, which loading will say."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _starts_with(path: Path, beginning: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(beginning)) == beginning
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error


def _check_whole(path: Path) -> None:
    """Check that a file of safetensors has as many bytes as its head says.

    Raises
    ------
    ModelError
        If it has fewer, or is something else.
    """
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > _LONGEST_HEADER:
                raise ValueError("its head is too long")
            head = json.loads(file.read(length)) if 8 + length <= size else None
        if head is None:
            needed = 8 + length
        else:
            ends = (about["data_offsets"][1] for name, about in head.items() if name != "__metadata__")
            needed = 8 + length + max(ends, default=0)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    except (struct.error, ValueError, RecursionError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise ModelError(
            f"{path} is no file of safetensors ({size} bytes), or is damaged; fetch or copy it again."
        ) from error
    if size < needed:
        raise ModelError(f"{path} is cut off: it has {size} of {needed} bytes; fetch or copy it again.")


def _no_config(path: Path) -> ModelError:
    pickled = sorted(file.name for pattern in _PICKLES for file in path.glob(pattern))
    if pickled and not any(path.glob("*.safetensors")):
        return ModelError(
            f"The model folder {path} has no config.json, and {pickled[0]} is a pickle, as nanoGPT and other training "
            "programs write it: it can run code and is never loaded. Convert it to a transformers model and "
            "save_pretrained that, or make the model in a conftest.py that overrides concept_model."
        )
    return ModelError(f"The model folder {path} has no config.json; it must hold what save_pretrained writes.")


def _adapter(path: Path) -> ModelError:
    base = _read_json(path / "adapter_config.json").get("base_model_name_or_path")
    of = f" of {base!r}" if isinstance(base, str) and base else ""
    if (path / "config.json").is_file():
        return ModelError(
            f"The model folder {path} holds an adapter{of} beside a model, and what is installed decides "
            "whether it is applied; merge it first (merge_and_unload, then save_pretrained into another folder), or "
            "remove adapter_config.json to test the model without it."
        )
    return ModelError(
        f"The model folder {path} is an adapter{of} and no model of its own; merge it first "
        "(PeftModel.from_pretrained(model, folder).merge_and_unload().save_pretrained(another folder)), or make the "
        "model with its adapter in a conftest.py that overrides concept_model."
    )
