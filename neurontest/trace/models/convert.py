"""A GGUF file becomes a safetensors folder, once: unpacking its blocks takes far longer than loading the result."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from neurontest.errors import ModelError, StoreError
from neurontest.files import cannot_write, sweep
from neurontest.seals import Kept, open_json, sealed_json
from neurontest.trace.fingerprint.files import of_parts
from neurontest.trace.locks import hold
from neurontest.trace.quiet import quiet
from neurontest.types import Notice, Progress, unnoticed

#: A file beside the copy's own: the sha256 of each of them, sealed.
LIST = "files.json"

#: Raise it when :func:`_convert` comes to write something else, so that no old copy is taken for the new one.
FORMAT_VERSION = "1"


def fingerprint(sha256: str) -> str:
    """Fingerprint of the model in a GGUF file, whether converted yet or not.

    It is over the source file, which holds weights, configuration and tokenizer alike, and the version of the
    conversion. Over the converted files it would not be known before converting, and would differ between machines
    whose transformers writes the same model's JSON differently.
    """
    return of_parts(["gguf", FORMAT_VERSION, sha256])


def home(cache_dir: Path, identity: str) -> Path:
    """The folder of a converted copy, whether or not it is there yet; `identity` is its :func:`fingerprint`."""
    return cache_dir / "models" / f"gguf-{identity[:32]}"


def converted(
    name: str,
    identity: str,
    source: Callable[[], AbstractContextManager[Path]],
    cache_dir: Path,
    progress: Progress,
    notice: Notice = unnoticed,
) -> Path:
    """The safetensors folder of a GGUF file, made if it is not there, or not what was made.

    Parameters
    ----------
    name : str
        For messages.
    identity : str
        Its :func:`fingerprint`.
    source : callable
        Opens the file; called only if it must be converted.
    notice : Notice, optional
        Told of what a reader of the results should know.

    Raises
    ------
    ModelError
        If the file cannot be read as a model.
    StoreError
        If the cache cannot be written to.
    """
    from safetensors import SafetensorError

    folder = home(cache_dir, identity)
    name_kept = f"models/{folder.name}"
    if _is_whole(folder, name_kept):
        return folder
    with hold(cache_dir, f"convert-{identity[:32]}", f"converting {name}", progress):
        if not _is_whole(folder, name_kept):
            if folder.exists():
                Kept(cache_dir, notice).set_aside(name_kept, f"(the model {name}) is not what was converted")
            try:
                _make(name, folder, source, progress)
            except (OSError, SafetensorError) as error:
                raise StoreError(cannot_write(folder, error)) from error
    return folder


def _make(name: str, folder: Path, source: Callable[[], AbstractContextManager[Path]], progress: Progress) -> None:
    models, prefix = folder.parent, f".convert-{folder.name}"
    models.mkdir(parents=True, exist_ok=True)
    # Nobody else has one of this name while the lock is held.
    sweep(models, f"{prefix}*", all_of_them=True)
    sweep(models, ".convert-*")
    with source() as gguf, tempfile.TemporaryDirectory(dir=models, prefix=f"{prefix}.{os.getpid()}-") as temporary:
        progress(f"converting {name}", 0, 1, "once; half a minute or so")
        made = Path(temporary) / "model"
        _convert(gguf, made)
        (made / LIST).write_bytes(sealed_json(f"models/{folder.name}/{LIST}", _hashes(made)))
        made.rename(folder)
        progress(f"converting {name}", 1, 1, "")


def _is_whole(folder: Path, name: str) -> bool:
    """Whether a copy holds the files that were made, to the last bit, and no others."""
    try:
        listed = open_json(f"{name}/{LIST}", (folder / LIST).read_bytes(), dict[str, str])
        return listed is not None and listed == _hashes(folder)
    except OSError:
        return False


def _hashes(folder: Path) -> dict[str, str]:
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path != folder / LIST:
            with path.open("rb") as file:
                found[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _convert(gguf: Path, target: Path) -> None:
    # The reader of GGUF files draws its bar whatever the settings of bars say.
    with quiet(), contextlib.redirect_stderr(io.StringIO()):
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        options = {"gguf_file": gguf.name, "local_files_only": True, "trust_remote_code": False}
        try:
            with torch.random.fork_rng(devices=[]):
                model = AutoModelForCausalLM.from_pretrained(
                    str(gguf.parent), dtype=torch.float32, attn_implementation="sdpa", **options
                )
            tokenizer = AutoTokenizer.from_pretrained(str(gguf.parent), **options)
        except Exception as error:  # whatever its reader makes of a file from somewhere
            raise ModelError(
                f"{gguf} could not be read as a model: {error} Use an architecture that transformers reads from GGUF."
            ) from error
        # The weights are dense by now; what is left of the file's quantization would only forbid to save them.
        model.hf_quantizer = None
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        model.save_pretrained(target)
        tokenizer.save_pretrained(target)
