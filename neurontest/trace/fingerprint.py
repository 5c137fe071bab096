"""What a model is, as one sha256: of its files, or of its weights in memory."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from neurontest.errors import ModelError
from neurontest.trace.files import replace_bytes
from neurontest.trace.folder import files_of

#: A file younger than this may be written again within the same tick of its clock, so its hash is not remembered.
_SETTLED_NS = 2_000_000_000


def of_folder(folder: Path, cache_dir: Path) -> str:
    """Fingerprint of a model folder.

    Parameters
    ----------
    folder : Path
        All files count that loading may open, by name and content.
    cache_dir : Path
        Where the files' hashes are remembered.

    Returns
    -------
    str
        sha256 in hexadecimal.

    Raises
    ------
    ModelError
        If a file cannot be read, or one names something outside the folder.
    """
    found = ((path.relative_to(folder).as_posix(), of_file(path, cache_dir)) for path in files_of(folder))
    return of_parts(part for pair in found for part in pair)


def of_file(path: Path, cache_dir: Path) -> str:
    """sha256 of a file's content, read anew only if its path, size or modification time is not the remembered one.

    Raises
    ------
    ModelError
        If the file cannot be read.
    """
    path = path.resolve()
    memo = (
        cache_dir / "fingerprints" / f"{hashlib.sha256(str(path).encode('utf-8', 'surrogateescape')).hexdigest()}.json"
    )
    try:
        status = path.stat()
        known = {"path": str(path), "size": status.st_size, "mtime_ns": status.st_mtime_ns}
        try:
            remembered = json.loads(memo.read_text(encoding="utf-8"))
            if {key: remembered[key] for key in known} == known:
                return str(remembered["sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            pass  # not remembered, or not legibly: it is read anew
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    if time.time_ns() - status.st_mtime_ns > _SETTLED_NS:
        replace_bytes(memo, json.dumps(known | {"sha256": digest}).encode())
    return digest


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
