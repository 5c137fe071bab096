"""A GGUF file becomes a safetensors folder, once: unpacking its blocks takes far longer than loading the result."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from neurontest.errors import ModelError
from neurontest.trace.files import sweep
from neurontest.trace.fingerprint import of_parts
from neurontest.trace.locks import hold
from neurontest.trace.quiet import quiet
from neurontest.types import Progress

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
) -> Path:
    """The safetensors folder of a GGUF file, made if it is not there.

    Parameters
    ----------
    name : str
        For messages.
    identity : str
        Its :func:`fingerprint`.
    source : callable
        Opens the file; called only if it must be converted.

    Raises
    ------
    ModelError
        If the file cannot be read as a model.
    """
    folder = home(cache_dir, identity)
    models = folder.parent
    # A rename is all or nothing, so that a folder of this name is complete.
    if folder.is_dir():
        return folder
    models.mkdir(parents=True, exist_ok=True)
    with hold(cache_dir, f"convert-{identity[:32]}", f"converting {name}", progress):
        if not folder.is_dir():
            prefix = f".convert-{identity[:32]}-"
            # Of a process that was killed: nobody else has one of this name while the lock is held.
            sweep(models, prefix)
            with source() as gguf, tempfile.TemporaryDirectory(dir=models, prefix=prefix) as temporary:
                progress(f"converting {name}", 0, 1, "once; half a minute or so")
                made = Path(temporary) / "model"
                _convert(gguf, made)
                made.rename(folder)
                progress(f"converting {name}", 1, 1, "")
    return folder


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
