"""A model folder -> a transformers model and its tokenizer: safetensors only, no code of theirs, no network."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

from neurontest.errors import ModelError
from neurontest.text import quoted
from neurontest.trace.architecture import auto_class, is_encoder
from neurontest.trace.quiet import quiet

#: The device that spreads a model over what there is, by accelerate.
SPREAD = "auto"

#: Bytes that files of a model may have, by name or ending, if a spec names it. The largest tokenizers have 35 million.
_LARGEST = {
    "config.json": 5 << 20,
    "generation_config.json": 5 << 20,
    "chat_template.json": 5 << 20,
    ".jinja": 5 << 20,
    ".json": 200 << 20,
    ".txt": 200 << 20,
    ".model": 200 << 20,
    ".tiktoken": 200 << 20,
}
#: Blocks of a model, at most; the largest have a few hundred.
_LAYERS = 10_000


def check_sizes(path: Path) -> None:
    """Check that the files of a model that a spec names are of a size that such files have: they are read whole.

    Raises
    ------
    ModelError
        If one of them is larger.
    """
    for file in sorted(path.iterdir()):
        most = _LARGEST.get(file.name, _LARGEST.get(file.suffix))
        if most is not None and file.is_file() and file.stat().st_size > most:
            raise ModelError(
                f"The file {quoted(file.name)} of the model folder {path} has {file.stat().st_size >> 20} MB, and may "
                f"have {most >> 20} in a model that a spec names; name the model on the command line with "
                "--concept-model if that is as it should be."
            )


def read_tokenizer(name: str, folder: Path) -> tuple[Any, Any]:
    """The configuration and the tokenizer of a model folder, without its weights.

    Raises
    ------
    ModelError
        If they cannot be read.
    """
    with quiet():
        from transformers import AutoConfig, AutoTokenizer

        safe = {"local_files_only": True, "trust_remote_code": False}
        try:
            config = AutoConfig.from_pretrained(str(folder), **safe)
            _check_layers(name, config)
            return config, AutoTokenizer.from_pretrained(str(folder), **safe)
        except (MemoryError, ModelError):
            raise
        except Exception as error:  # whatever a file from somewhere makes of the libraries
            raise ModelError(_why(name, None, error)) from error


def load(name: str, folder: Path, dtype: str, device: str, attention: str) -> tuple[Any, Any]:
    """The transformers model, in evaluation mode, and its tokenizer.

    A checkpoint that declares how it is quantized is loaded so.

    Parameters
    ----------
    name : str
        As messages name it.
    folder : Path
    dtype, device : str
        As torch names them; the device ``auto`` spreads the model over all there are.
    attention : str
        The attention implementation.

    Raises
    ------
    ModelError
        If the files hold no complete language model, a library is missing, or the device is not there.
    """
    if device == SPREAD and importlib.util.find_spec("accelerate") is None:
        raise ModelError(
            f"The model {name!r} cannot be spread over devices (device: {SPREAD}) without accelerate; "
            "'pip install accelerate', or name one device."
        )
    with quiet():
        import torch
        from transformers import AutoConfig, AutoModel, AutoTokenizer

        safe = {"local_files_only": True, "trust_remote_code": False}
        method = None
        try:
            config = AutoConfig.from_pretrained(str(folder), **safe)
            _check_layers(name, config)
            method = _quantization(config)
            # What is quantized cannot be moved once it is loaded.
            placed = {"device_map": device if device == SPREAD else {"": device}} if method or device == SPREAD else {}
            settings = {
                "dtype": getattr(torch, dtype),
                "attn_implementation": attention,
                "use_safetensors": True,
                "output_loading_info": True,
            }
            # Weights that are not in the files would be drawn at random, from the user's own generator.
            with torch.random.fork_rng(devices=[]):
                model, report = auto_class(config).from_pretrained(str(folder), **settings, **placed, **safe)
                if _lacks_head(model, report):
                    model, report = AutoModel.from_pretrained(str(folder), **settings, **placed, **safe)
            tokenizer = AutoTokenizer.from_pretrained(str(folder), **safe)
        except ModelError:
            raise
        except Exception as error:  # whatever a file from somewhere makes of the libraries
            raise ModelError(_why(name, method, error)) from error
        # An encoder that was trained for something else may lack the pooler, which is in no block.
        lacking = sorted(key for key in report["missing_keys"] if not (is_encoder(config) and "pooler." in key))
        if lacking:
            raise ModelError(f"The model {name!r} lacks {len(lacking)} of its weights, such as {lacking[0]}.")
        if not placed:
            try:
                model = model.to(device)
            except (RuntimeError, AssertionError) as error:
                reason = str(error).splitlines()[0]
                raise ModelError(f"The model {name!r} cannot be put on device {device!r}: {reason}") from error
        return model.eval(), tokenizer


def _check_layers(name: str, config: Any) -> None:
    """Check that a model can be built at all: each block is an object before any weight is looked for."""
    for part in (config, config.get_text_config(decoder=True)):
        for key, value in vars(part).items():
            if "layers" in key and isinstance(value, int) and value > _LAYERS:
                raise ModelError(
                    f"The model {name!r} has {key}: {value} in its config.json, and no model has {_LAYERS} blocks."
                )


def _quantization(config: Any) -> str | None:
    """The method that a checkpoint declares that it is quantized with."""
    declared = getattr(config, "quantization_config", None)
    if declared is None:
        return None
    method = declared.get("quant_method") if isinstance(declared, dict) else getattr(declared, "quant_method", None)
    return str(getattr(method, "value", method) or "unnamed")


def _why(name: str, method: str | None, error: Exception) -> str:
    if method is not None:
        return (
            f"The model {name!r} is quantized ({method}) and cannot be loaded on this platform: {error} "
            "Install what it needs, or name a checkpoint that is not quantized."
        )
    said = str(error).rstrip() or type(error).__name__
    said += "" if said.endswith((".", "!", "?")) else "."
    advice = ""
    if _ATTENTION.search(said):
        advice = (
            " A model that needs another attention implementation can be loaded in a conftest.py that overrides "
            "concept_model."
        )
    return f"The model {name!r} could not be loaded: {said}{advice}"


#: Said by transformers where an implementation of attention is at fault.
_ATTENTION = re.compile(r"attn_implementation|attention implementation|scaled_dot_product|\bsdpa\b|flash", re.I)


def _lacks_head(model: Any, report: Any) -> bool:
    """Whether the files hold all but what foretells tokens: of such a model prompts can be read all the same."""
    head = model.get_output_embeddings()
    weights = set() if head is None else {id(weight) for weight in head.parameters()}
    named = {name for name, weight in model.named_parameters(remove_duplicate=False) if id(weight) in weights}
    return bool(report["missing_keys"]) and set(report["missing_keys"]) <= named
