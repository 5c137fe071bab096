"""A name -> a lazy handle, that knows the model's fingerprint and loads it only when asked to."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from neurontest.errors import ModelError
from neurontest.trace.architecture import SDPA, attention_of
from neurontest.trace.fingerprint.files import of_file, of_folder
from neurontest.trace.fingerprint.folder import check_folder
from neurontest.trace.models import builtin, convert, factory, hub
from neurontest.trace.models.factory import FactoryModel
from neurontest.trace.models.loading import check_sizes, load, read_tokenizer
from neurontest.trace.models.whole_import import import_torch
from neurontest.trace.wrapped import looked_through
from neurontest.types import ModelHandle, Notice, Progress

if TYPE_CHECKING:
    from neurontest.trace.fingerprint.memory import Identity

_VALID = f"valid: {builtin.NAME}, {hub.FORM}, a folder with safetensors, a .gguf file, or {factory.FORM}"


class FileModel:
    """A model in files: what :func:`model_named` returns. Implements :class:`~neurontest.types.ModelHandle`.

    Parameters
    ----------
    name, dtype, device : str
    identify : callable
        Gives the fingerprint.
    locate : callable
        Gives the folder to load, having made it if need be.
    attend : callable, optional
        Gives the attention implementation, where it is not that of every architecture that has it.
    notices : list of str, optional
        What was noticed of its files that a reader of the results should know.
    """

    def __init__(
        self,
        name: str,
        dtype: str,
        device: str,
        identify: Callable[[], str],
        locate: Callable[[], Path],
        attend: Callable[[], str] = lambda: SDPA,
        notices: Sequence[str] = (),
    ) -> None:
        self.name, self.dtype, self.device, self.notices = name, dtype, device, notices
        self._identify, self._locate, self._attend = identify, locate, attend

    @cached_property
    def attention(self) -> str:
        """The attention implementation; does not load the model."""
        return self._attend()

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over weights, config and tokenizer, in hexadecimal; does not load the model."""
        return self._identify()

    def load(self) -> tuple[Any, Any]:
        """The transformers model, in evaluation mode, and its tokenizer.

        Raises
        ------
        ModelError
            If the files hold no complete language model, or the device is not there.
        """
        return self._loaded

    def reader(self) -> Callable[[], tuple[Any, Any]]:
        """What reads the configuration and tokenizer alone; fetches and converts first what must be."""
        folder = self._locate()
        return lambda: read_tokenizer(self.name, folder)

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        import_torch()
        return load(self.name, self._locate(), self.dtype, self.device, self.attention)


class MemoryModel:
    """A transformers model that somebody else made. Implements :class:`~neurontest.types.ModelHandle`.

    Parameters
    ----------
    model, tokenizer : object
        A model in wrappers is looked through.
    name : str, optional
        By default where the model came from.

    Raises
    ------
    ModelError
        If the model's adapter is no part of it.
    """

    def __init__(self, model: Any, tokenizer: Any, name: str | None = None) -> None:
        self._model, self._tokenizer = looked_through(model), tokenizer
        # One that is no module itself has nothing hung on it that the model within would not know of.
        is_module = hasattr(type(model), "register_forward_hook")
        self._wrapper = model if is_module and self._model is not model else None
        self.name = name or str(getattr(self._model, "name_or_path", "")) or type(self._model).__name__
        self.dtype = str(self._model.dtype).removeprefix("torch.")
        self.device = str(self._model.device)
        self.attention = str(self._model.config._attn_implementation)

    @property
    def fingerprint(self) -> str:
        """sha256 over all that decides what the model computes, and its tokenizer, in hexadecimal; runs the model."""
        return self._identity.fingerprint

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader of the results should know of the model."""
        return self._identity.notices

    @cached_property
    def _identity(self) -> Identity:
        from neurontest.trace.fingerprint.memory import Identity

        return Identity(self._model, self._tokenizer, self._wrapper)

    def reader(self) -> Callable[[], tuple[Any, Any]]:
        """What gives its configuration and tokenizer."""
        return lambda: (self._model.config, self._tokenizer)

    def load(self) -> tuple[Any, Any]:
        """The model, put into evaluation mode, and its tokenizer.

        Raises
        ------
        ModelError
            If the model is no longer the one that has the fingerprint.
        """
        if "_identity" in vars(self):
            self._identity.check()
        return self._model.eval(), self._tokenizer


def from_transformers(model: Any, tokenizer: Any, name: str | None = None) -> ModelHandle:
    """A handle for a transformers model and tokenizer, for a ``conftest.py`` that overrides ``concept_model``.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        With its adapters (peft) and hooks, if it has some, and compiled or not.
    tokenizer : transformers.PreTrainedTokenizerBase
    name : str, optional
        As reports show it; by default where the model came from.

    Raises
    ------
    ModelError
        If `model` or `tokenizer` is something else.

    Examples
    --------
    >>> @pytest.fixture(scope="session")  # doctest: +SKIP
    ... def concept_model():
    ...     model = AutoModelForCausalLM.from_pretrained("path/to/model")
    ...     tokenizer = AutoTokenizer.from_pretrained("path/to/model")
    ...     return neurontest.from_transformers(model, tokenizer)
    """
    if not all(hasattr(model, wanted) for wanted in ("state_dict", "config", "dtype", "device", "forward")):
        raise ModelError(f"{type(model).__name__} is no transformers model. {_MAY_RETURN}")
    if not callable(tokenizer) or not hasattr(tokenizer, "get_vocab"):
        raise ModelError(f"{type(tokenizer).__name__} is no transformers tokenizer. {_MAY_RETURN}")
    return MemoryModel(model, tokenizer, name)


def as_handle(value: Any) -> ModelHandle:
    """The handle that a fixture's value stands for.

    Raises
    ------
    ModelError
        If it is neither a handle nor a pair of model and tokenizer.
    """
    # Looked up statically: a fingerprint may take a second to compute.
    missing = object()
    wanted = ("name", "dtype", "device", "attention", "fingerprint", "load")
    if all(inspect.getattr_static(value, name, missing) is not missing for name in wanted):
        return cast(ModelHandle, value)
    if isinstance(value, tuple | list) and len(value) == 2:
        return from_transformers(*value)
    raise ModelError(f"concept_model returned {type(value).__name__}. {_MAY_RETURN}")


_MAY_RETURN = (
    "concept_model may return a pair (model, tokenizer) of transformers, or "
    "neurontest.from_transformers(model, tokenizer)."
)


def model_named(
    name: str, *, cache_dir: Path, dtype: str, device: str, suite_folder: Path | None, progress: Progress
) -> ModelHandle:
    """The handle of a model that is named; nothing is loaded, fetched or hashed yet.

    Parameters
    ----------
    name : str
        Built-in name, ``hub:org/name@revision``, folder with safetensors, ``.gguf`` file, or, from a person alone,
        ``python:package.module:factory``.
    cache_dir : Path
        Where fetched and converted models and the hashes of files are kept.
    dtype, device : str
        As torch names them.
    suite_folder : Path or None
        If a spec names the model: its suite's folder, in which a path must lie. None if a person does: then a path is
        relative to the working directory.
    progress : Progress

    Raises
    ------
    ModelError
        If there is no such model; says what is valid.
    """
    if name == builtin.NAME:
        identity = convert.fingerprint(builtin.SHA256)
        return _gguf(
            name,
            dtype,
            device,
            lambda _: identity,
            lambda: builtin.source(cache_dir / "models", progress),
            cache_dir,
            progress,
        )
    if name.startswith(hub.PREFIX):
        found = hub.parse(name)
        locate = cache(lambda: _checked(found.folder(progress), is_of_spec=suite_folder is not None))
        return _in_folder(name, dtype, device, locate, cache_dir)
    if name.startswith(factory.PREFIX):
        if suite_folder is not None:
            raise ModelError(
                f"The model {name!r} is code, which a spec may not run; name it on the command line with "
                "--concept-model, in the ini file, or make it in a conftest.py that overrides concept_model."
            )
        return FactoryModel(name, as_handle)
    path = _path(name, suite_folder)
    if path.is_dir():
        is_of_spec = suite_folder is not None
        _checked(path, suite_folder, is_of_spec=is_of_spec)
        # Again whenever it is looked at: between naming a model and loading it files may have been put there.
        return _in_folder(name, dtype, device, lambda: _checked(path, suite_folder, is_of_spec=is_of_spec), cache_dir)
    if path.is_file() and path.suffix == ".gguf":
        identify = lambda notice: convert.fingerprint(of_file(path, cache_dir, notice))  # noqa: E731 - as below
        return _gguf(name, dtype, device, identify, lambda: nullcontext(path), cache_dir, progress)
    if path.exists():
        raise ModelError(f"The model {name!r} is neither a folder nor a .gguf file; {_VALID}.")
    near = difflib.get_close_matches(name.lower(), [builtin.NAME], n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise ModelError(f"There is no model {name!r}; {hint}{_VALID}.")


def _in_folder(name: str, dtype: str, device: str, locate: Callable[[], Path], cache_dir: Path) -> FileModel:
    notices: list[str] = []
    identify = lambda: of_folder(locate(), cache_dir, notices.append)  # noqa: E731 - a name for a part of a call
    return FileModel(name, dtype, device, identify, locate, lambda: attention_of(locate()), notices)


def _checked(folder: Path, within: Path | None = None, *, is_of_spec: bool) -> Path:
    check_folder(folder, within)
    if is_of_spec:
        check_sizes(folder)
    return folder


def _gguf(
    name: str,
    dtype: str,
    device: str,
    identify: Callable[[Notice], str],
    source: Callable[[], AbstractContextManager[Path]],
    cache_dir: Path,
    progress: Progress,
) -> FileModel:
    notices: list[str] = []
    notice = notices.append
    locate = lambda: convert.converted(name, identify(notice), source, cache_dir, progress, notice)  # noqa: E731
    return FileModel(name, dtype, device, lambda: identify(notice), locate, notices=notices)


def _path(name: str, suite_folder: Path | None) -> Path:
    if suite_folder is None:
        return Path(name).expanduser().resolve()
    folder = suite_folder.resolve()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder):
        raise ModelError(
            f"The model {name!r} lies outside the suite's folder, where a spec may not read; "
            "name it on the command line with --concept-model or in the ini file."
        )
    return path
