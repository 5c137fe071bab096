"""What a model is, as one sha256: of its files, or of its weights in memory."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from neurontest.errors import ModelError, StoreError
from neurontest.files import Kept
from neurontest.types import Notice, unnoticed

#: What decides a model's activations and texts: weights, configuration and tokenizer, in any of their formats.
_SUFFIXES = frozenset({".safetensors", ".json", ".jinja", ".model", ".tiktoken"})
_NAMES = frozenset({"vocab.txt", "merges.txt"})

#: A file younger than this may be written again within the same tick of its clock, so its hash is not remembered.
_SETTLED_NS = 2_000_000_000


class _Memo(msgspec.Struct):
    """A file's hash, and all that changes with its content.

    Size and modification time can be kept by who writes it anew; the others cannot be set by hand.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int
    sha256: str = ""


def of_folder(folder: Path, cache_dir: Path, notice: Notice = unnoticed) -> str:
    """Fingerprint of a model folder.

    Parameters
    ----------
    folder : Path
        Its weight, config and tokenizer files count, by name and content.
    cache_dir : Path
        Where the files' hashes are remembered.
    notice : Notice, optional
        Told of what a reader of the results should know.

    Returns
    -------
    str
        sha256 in hexadecimal.

    Raises
    ------
    ModelError
        If a file cannot be read.
    """
    files = sorted(
        path
        for path in [*folder.iterdir(), *folder.glob("additional_chat_templates/*.jinja")]
        if path.is_file() and (path.suffix in _SUFFIXES or path.name in _NAMES)
    )
    return of_parts(
        part for path in files for part in (path.relative_to(folder).as_posix(), of_file(path, cache_dir, notice))
    )


def of_file(path: Path, cache_dir: Path, notice: Notice = unnoticed) -> str:
    """sha256 of a file's content, read anew only if it may have changed since it was remembered.

    Raises
    ------
    ModelError
        If the file cannot be read.
    """
    path = path.resolve()
    kept = Kept(cache_dir, notice)
    memo = f"fingerprints/{hashlib.sha256(str(path).encode('utf-8', 'surrogateescape')).hexdigest()}.json"
    try:
        status = path.stat()
        # A name that is no text is told by its escapes: JSON has none for what stands for a stray byte.
        said = str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        times = status.st_mtime_ns, status.st_ctime_ns
        now = _Memo(said, status.st_size, *times, status.st_ino, status.st_dev)
        remembered = kept.read_json(memo, _Memo)
        if remembered is not None and msgspec.structs.replace(remembered, sha256="") == now:
            return remembered.sha256
        with path.open("rb") as file:
            now.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    if time.time_ns() - max(times) > _SETTLED_NS:
        # A cache that cannot be written to costs the time to read the file again, and nothing else.
        with suppress(StoreError):
            kept.write_json(memo, now)
    return now.sha256


def of_memory(model: Any, tokenizer: Any) -> str:
    """Fingerprint of a transformers model and tokenizer that somebody else made.

    Raises
    ------
    ModelError
        If the weights are not in memory.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        if not hasattr(tensor, "dtype"):
            digest.update(of_parts([name, repr(tensor)]).encode())
            continue
        if tensor.is_meta:
            raise ModelError(
                f"The weight {name} of {type(model).__name__} is not in memory; load it without offloading."
            )
        digest.update(of_parts([name, str(tensor.dtype), str(tuple(tensor.shape))]).encode())
        digest.update(_bytes(tensor))
    # Neither where it was loaded from nor by which release changes what a model computes.
    config = {key: value for key, value in model.config.to_dict().items() if key not in _PROVENANCE}
    generation = getattr(model, "generation_config", None)
    ends = getattr(generation, "eos_token_id", None)
    return of_parts([digest.hexdigest(), _json(config), _json(ends), *_tokenizer_parts(tokenizer)])


def of_parts(parts: Iterable[str]) -> str:
    """sha256 of a sequence of texts, each with its length, so that no two sequences run together."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(f"{len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()


_PROVENANCE = frozenset({"_name_or_path", "transformers_version"})


def _bytes(tensor: Any) -> Any:
    import torch

    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _tokenizer_parts(tokenizer: Any) -> list[str]:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    pieces = backend.to_str() if backend is not None else _json(tokenizer.get_vocab())
    template = getattr(tokenizer, "chat_template", None)
    return [type(tokenizer).__name__, pieces, _json(tokenizer.special_tokens_map), _json(template)]
