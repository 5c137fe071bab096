"""What a value is, as one sha256 that is the same in every process: of what may hang on a model, whatever it is.

Tensors by their bytes, code by what it does, containers and objects by what they hold. No address, no order of a set
and no name of a file comes into it.
"""

from __future__ import annotations

import collections
import enum
import functools
import hashlib
import types
import weakref
from collections.abc import Iterable, Mapping
from typing import Any

from neurontest.errors import ModelError
from neurontest.trace.fingerprint.callables import (
    code_parts,
    functions_in,
    is_installed,
    is_machinery,
    looked_up,
    module_of,
)

#: Neither where a configuration came from nor by which release it was written changes what a model computes.
PROVENANCE = frozenset({"_name_or_path", "name_or_path", "transformers_version", "_commit_hash"})
#: Beyond these what hangs on a model is called nameless rather than followed.
_DEEPEST, _MOST = 60, 500_000

_LITERALS = (type(None), bool, int, float, complex, str, bytes, type(...), type(NotImplemented))
_BUILT_IN = (
    types.BuiltinFunctionType,
    types.MethodWrapperType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
)


class Values:
    """Words for values, remembered by the value.

    Parameters
    ----------
    quick : bool
        Take large tensors by where they lie and how often they were written to instead of by their bytes: good within a
        process, to see whether anything changed.

    Attributes
    ----------
    others : int
        How often code that is neither a library's nor Python's was come upon.
    nameless : int
        How often something was come upon that could not be told by what it does.
    """

    def __init__(self, *, quick: bool = False) -> None:
        self._quick = quick
        self._known: dict[int, str] = {}
        self._kept: list[Any] = []  # what has an id must stay, or another thing may come by the same id
        self._of_others: set[int] = set()
        self._inside = self._depth = 0
        self.others = self.nameless = 0

    def word(self, value: Any) -> str:
        """What a value is, the same for all values that do the same."""
        if isinstance(value, _LITERALS) and not isinstance(value, enum.Enum):
            of: Any = next(kind for kind in _LITERALS if isinstance(value, kind))
            return f"{type(value).__qualname__} {of.__repr__(value)}"
        if id(value) in self._known:
            self.others += id(value) in self._of_others
            return self._known[id(value)]
        if self._depth > _DEEPEST or len(self._known) > _MOST:
            self.nameless += 1
            return "too deep"
        self._known[id(value)] = "within itself"
        self._kept.append(value)
        before = self.others
        self._depth += 1
        try:
            found = self._described(value)
        finally:
            self._depth -= 1
        self._known[id(value)] = found
        if self.others > before:
            self._of_others.add(id(value))
        return found

    def module(self, module: Any) -> str:
        """What a module is."""
        raise NotImplementedError

    def _described(self, value: Any) -> str:
        import numpy as np
        import torch
        from torch import nn

        if isinstance(value, nn.Module):
            return self.module(value)
        if isinstance(value, torch.Tensor):
            return self.tensor(value)
        if isinstance(value, torch.dtype | torch.device | torch.layout | torch.memory_format):
            return str(value)
        if isinstance(value, np.ndarray | np.generic):
            array = np.ascontiguousarray(value)
            if array.dtype.hasobject:
                return hashed(["array", str(array.shape), *map(self.word, array.ravel().tolist())])
            return hashed([str(array.dtype), str(array.shape), hashlib.sha256(array.tobytes()).hexdigest()])
        if isinstance(value, enum.Enum):
            return f"{type(value).__qualname__}.{value.name}"
        if _is_config(value):
            return self._config(value)
        if isinstance(value, Mapping | types.MappingProxyType):
            pairs = [f"{self.word(key)}: {self.word(each)}" for key, each in value.items()]
            return hashed([type(value).__qualname__, *sorted(pairs)])
        if isinstance(value, list | tuple | collections.deque):
            return hashed([type(value).__qualname__, *map(self.word, value)])
        if isinstance(value, set | frozenset):
            return hashed([type(value).__qualname__, *sorted(map(self.word, value))])
        if isinstance(value, weakref.ReferenceType):
            return self.word(value())
        return self._callable(value)

    def _callable(self, value: Any) -> str:
        if isinstance(value, types.ModuleType):
            return f"module {value.__name__}"
        if isinstance(value, types.CodeType):
            return self.word(code_parts(value))
        if isinstance(value, types.FunctionType):
            return self._function(value)
        if isinstance(value, types.MethodType):
            return hashed(["method", self.word(value.__func__), self.word(value.__self__)])
        if isinstance(value, functools.partial):
            return hashed(["partial", *map(self.word, (value.func, value.args, value.keywords))])
        if isinstance(value, _BUILT_IN):
            owner = getattr(value, "__self__", getattr(value, "__objclass__", None))
            of = "" if isinstance(owner, types.ModuleType | type(None)) else self.word(owner)
            return f"{getattr(value, '__module__', '')}.{value.__qualname__} {of}"
        if isinstance(value, type):
            return self._type(value)
        return self._object(value)

    def _function(self, function: types.FunctionType) -> str:
        module = module_of(function)
        cells = [_content(cell) for cell in function.__closure__ or ()]
        bound = [function.__defaults__, function.__kwdefaults__, cells, getattr(function, "__wrapped__", None)]
        if is_machinery(module):
            return hashed([f"{module}.{function.__qualname__}", *map(self.word, bound)])
        self.others += 1
        if is_installed(module):
            return hashed(map(self.word, [function.__code__, *bound]))
        self._inside += 1
        try:
            return hashed(map(self.word, [function.__code__, *bound, looked_up(function)]))
        finally:
            self._inside -= 1

    def _type(self, of: type) -> str:
        name = f"{of.__module__}.{of.__qualname__}"
        if is_machinery(of.__module__):
            return name
        self.others += 1
        own = {key: value for key, value in vars(of).items() if not key.startswith("__") or callable(value)}
        said = [f"{key}={self.word(own[key])}" for key in sorted(own) if key not in ("__class__", "_abc_impl")]
        return hashed([name, *said, *map(self.word, of.__bases__)])

    def _object(self, value: Any) -> str:
        of = type(value)
        if isinstance(value, staticmethod | classmethod | property | functools.cached_property):
            return hashed([of.__qualname__, *map(self.word, functions_in(value))])
        wrapped = getattr(value, "__wrapped__", None) if hasattr(of, "__wrapped__") or "lru" in of.__name__ else None
        if wrapped is not None:
            return hashed([of.__qualname__, self.word(wrapped)])
        # What libraries keep for themselves changes as they run; in what a user hung on the model it may be settings.
        if is_machinery(of.__module__) and not self._inside:
            return f"{of.__module__}.{of.__qualname__}"
        fields = _fields(value)
        if fields is None:
            self.nameless += 1
            return f"{of.__module__}.{of.__qualname__}"
        return hashed([self.word(of), *(f"{name}={self.word(fields[name])}" for name in sorted(fields))])

    def _config(self, config: Any) -> str:
        said = {key: value for key, value in config.to_dict().items() if key not in PROVENANCE}
        said["attention"] = getattr(config, "_attn_implementation", None)
        parts = [getattr(config, name, None) for name in sorted(getattr(config, "sub_configs", None) or {})]
        return hashed([type(config).__qualname__, self.word(_plain(said)), *map(self.word, parts)])

    def tensor(self, tensor: Any) -> str:
        """What a tensor is: its format, shape and content."""
        if id(tensor) in self._known and self._known[id(tensor)] != "within itself":
            return self._known[id(tensor)]
        if tensor.is_meta:
            raise ModelError("A weight of the model is not in memory; load it without offloading.")
        self._kept.append(tensor)
        said = [type(tensor).__qualname__, str(tensor.dtype), str(tuple(tensor.shape))]
        if self._quick and tensor.requires_grad | (tensor.nbytes > 1_000_000):
            found = hashed([*said, str(tensor.data_ptr()), str(_version(tensor))])
        else:
            found = hashed([*said, *self._bytes(tensor)])
        self._known[id(tensor)] = found
        return found

    def _bytes(self, tensor: Any) -> Iterable[str]:
        """A tensor's content; of one that is packed by a library also what it is unpacked with."""
        import torch

        try:
            data = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
            yield hashlib.sha256(data).hexdigest()
        except (RuntimeError, TypeError, NotImplementedError, AttributeError):
            if self._inside:
                self.nameless += 1  # elsewhere the probe tells it apart
        if type(tensor) not in (torch.Tensor, torch.nn.Parameter):
            self._inside += 1
            for name, value in sorted(vars(tensor).items()):
                if not name.startswith("_is_hf"):
                    yield f"{name}={self.word(value)}"
            self._inside -= 1


def hashed(parts: Iterable[str]) -> str:
    """sha256 of a sequence of words, each with its length, so that no two sequences run together."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(f"{len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return "empty"


def _fields(value: Any) -> dict[str, Any] | None:
    """An object's attributes; None if it keeps them where Python does not see them."""
    slots = [name for of in type(value).__mro__ for name in _listed(getattr(of, "__slots__", ()))]
    if not hasattr(value, "__dict__") and not slots:
        return None
    found = dict(getattr(value, "__dict__", {}))
    found |= {name: getattr(value, name) for name in slots if name[:2] != "__" and hasattr(value, name)}
    return found


def _listed(slots: Any) -> tuple[str, ...]:
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _is_config(value: Any) -> bool:
    from transformers import GenerationConfig, PreTrainedConfig

    return isinstance(value, GenerationConfig | PreTrainedConfig)


def _plain(value: Any) -> Any:
    """Parts of a configuration that are themselves one, without where they came from."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items() if key not in PROVENANCE}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _version(tensor: Any) -> int:
    try:
        return int(tensor._version)
    except RuntimeError:
        return 0  # made in inference mode, where nobody counts
