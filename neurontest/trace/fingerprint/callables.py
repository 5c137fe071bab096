"""Code that somebody hung on a model, named by what it does: its bytecode, and the values that it reads.

Code that is installed is named by its name; a user's own by its instructions, its defaults, the variables that it
closes over and the globals that it looks up, so that another steering vector or another factor makes another name.
"""

from __future__ import annotations

import builtins
import functools
import sys
import sysconfig
import types
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

#: Libraries that hang code of their own on a model as a matter of course.
MACHINERY = frozenset(
    {"torch", "transformers", "peft", "accelerate", "bitsandbytes", "torchao", "kernels", "optimum", "huggingface_hub"}
)


def module_of(function: Any) -> str:
    """The module that a function was written in, whatever a decorator has copied onto it."""
    namespace = getattr(function, "__globals__", None)
    said = namespace.get("__name__") if namespace is not None else getattr(function, "__module__", None)
    return said if isinstance(said, str) else ""


@cache
def is_installed(module: str) -> bool:
    """Whether a module is of Python or of an installed package, rather than a user's own."""
    root = module.partition(".")[0]
    if root in MACHINERY or root in sys.stdlib_module_names:
        return True
    found = sys.modules.get(root)
    where = getattr(found, "__file__", None) or next(iter(getattr(found, "__path__", [])), None)
    if where is None:
        return root == "builtins"
    homes = {Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "purelib", "platlib")}
    homes |= {Path(entry).resolve() for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))}
    return any(Path(where).resolve().is_relative_to(home) for home in homes)


def is_machinery(module: str) -> bool:
    """Whether a module is of the libraries that models are made with, or of Python."""
    root = module.partition(".")[0]
    return root in MACHINERY or root in sys.stdlib_module_names


def functions_in(member: Any) -> Iterator[types.FunctionType]:
    """The functions that an attribute of a class stands for."""
    if isinstance(member, types.FunctionType):
        yield member
    elif isinstance(member, staticmethod | classmethod):
        yield from functions_in(member.__func__)
    elif isinstance(member, property):
        for one in (member.fget, member.fset):
            yield from functions_in(one)
    elif isinstance(member, functools.cached_property):
        yield from functions_in(member.func)


def is_own(function: types.FunctionType, owner: type, name: str) -> bool:
    """Whether a class's method is the one that stands in its source."""
    written = getattr(owner, "__qualname__", "")
    return module_of(function) == owner.__module__ and function.__qualname__ == f"{written}.{name}"


def code_parts(code: types.CodeType) -> list[Any]:
    """What decides what some bytecode does, but for where it stands in its file."""
    constants = [code_parts(one) if isinstance(one, types.CodeType) else one for one in code.co_consts]
    names = [list(code.co_names), list(code.co_varnames), list(code.co_freevars), list(code.co_cellvars)]
    return [code.co_code, constants, names, code.co_flags, code.co_exceptiontable]


def looked_up(function: types.FunctionType) -> dict[str, Any]:
    """The globals that a function reads, and what it reads of its own modules among them."""
    names = sorted(_names(function.__code__))
    found = {}
    for name in names:
        if name not in function.__globals__ or name.startswith("__"):
            continue
        value = function.__globals__[name]
        found[name] = value
        if isinstance(value, types.ModuleType) and not is_installed(value.__name__):
            for part in names:
                if part in vars(value) and not part.startswith("__"):
                    found[f"{name}.{part}"] = vars(value)[part]
    return {name: value for name, value in found.items() if value is not getattr(builtins, name, builtins)}


def _names(code: types.CodeType) -> set[str]:
    inner = (one for one in code.co_consts if isinstance(one, types.CodeType))
    return set(code.co_names).union(*map(_names, inner))
