"""What a model in memory is made of, as one sha256 that is the same in every process.

Its tensors by their bytes, and everything else that decides what its modules compute: their classes and settings, the
hooks on them, methods that others took the place of, and which adapters are active. Whether it is in training mode is
left out, since it is read in evaluation mode, and so is what only says how it was loaded.
"""

from __future__ import annotations

import types
from typing import Any

from neurontest.trace.fingerprint.callables import (
    functions_in,
    is_installed,
    is_machinery,
    is_own,
    looked_up,
    module_of,
)
from neurontest.trace.fingerprint.values import PROVENANCE, Values, hashed

#: Of modules: what says nothing of what they compute, and what is looked at in another way.
_LEFT_OUT = frozenset(
    {
        "training",
        "warnings_issued",
        "gradient_checkpointing",
        "hf_device_map",
        "_compiled_call_impl",
        "_is_torch_compile",
        "_is_hf_initialized",
        "_parameters",
        "_buffers",
        "_modules",
        "_forward_hooks",
        "_forward_pre_hooks",
        "_forward_hooks_with_kwargs",
        "_forward_hooks_always_called",
        "_forward_pre_hooks_with_kwargs",
    }
)


class Structure(Values):
    """A model's structure, looked at once.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    quick : bool
        As of :class:`~neurontest.trace.fingerprint.values.Values`.

    Attributes
    ----------
    digest : str
        sha256 in hexadecimal.
    attached : tuple of str
        Code of others that hangs on the model: hooks, and what took the place of its own methods.

    Raises
    ------
    ModelError
        If the weights are not in memory.
    """

    def __init__(self, model: Any, *, quick: bool = False) -> None:
        super().__init__(quick=quick)
        self._classes: dict[type, str] = {}
        self._attached: dict[str, None] = {}
        self.digest = hashed([self.word(model), self._global_hooks(), self._attention(model)])
        self.attached = tuple(self._attached)

    def module(self, module: Any) -> str:
        """What a module is: its class, tensors, parts, settings and hooks."""
        if type(module).__name__ == "OptimizedModule":
            return self.word(module._orig_mod)  # compiled, it computes the same
        where = type(module).__qualname__
        own = {name: value for name, value in vars(module).items() if name not in _LEFT_OUT | PROVENANCE}
        own = {name: value for name, value in own.items() if "backward" not in name and "state_dict" not in name}
        if "forward" in own:
            self._attach(own["forward"], f"{where}.forward")
        said = [self._class(type(module))]
        said += [f"{name}={self.tensor(value)}" for name, value in module._parameters.items() if value is not None]
        said += [f"{name}:{self.word(value)}" for name, value in module._buffers.items()]
        said += [f"{name}/{self.word(value)}" for name, value in module._modules.items()]
        said += [f"{name}.{self.word(own[name])}" for name in sorted(own)]
        for kind in ("_forward_pre_hooks", "_forward_hooks"):
            for key, hook in getattr(module, kind).items():
                self._attach(hook, f"a hook on {where}")
                with_kwargs = key in getattr(module, f"{kind}_with_kwargs")
                said.append(f"{kind}{with_kwargs}{self.word(hook)}")
        return hashed(said)

    def _class(self, of: type) -> str:
        """A module's class, and in it methods that are not its own."""
        if of not in self._classes:
            said = [self.word(of)]
            for owner in of.__mro__:
                if owner.__module__ != "torch.nn.modules.module" and owner is not object:
                    for name, member in sorted(vars(owner).items()):
                        said += self._member(owner, name, member)
            self._classes[of] = hashed(said)
        return self._classes[of]

    def _member(self, owner: type, name: str, member: Any) -> list[str]:
        functions = list(functions_in(member))
        if not functions and name == "forward":
            self._attach(member, f"{owner.__qualname__}.{name}")
            return [f"{name}={self.word(member)}"]
        return [word for function in functions for word in self._method(owner, name, function)]

    def _method(self, owner: type, name: str, function: types.FunctionType) -> list[str]:
        if not is_own(function, owner, name):
            if is_installed(owner.__module__) and not name.startswith("__"):
                self._attach(function, f"{owner.__qualname__}.{name}")
            return [f"{owner.__qualname__}.{name}={self.word(function)}"]
        if not is_installed(owner.__module__):
            return [self.word(function)]
        said = []
        for used, value in looked_up(function).items():
            if isinstance(value, types.FunctionType | type) and not is_machinery(module_of(value)):
                if not is_installed(module_of(value)):
                    self._attach(value, f"{module_of(function)}.{used}")
                said.append(f"{name} uses {used}={self.word(value)}")
        return said

    def _attach(self, code: Any, what: str) -> None:
        before = self.others
        self.word(code)
        if self.others > before:
            self._attached.setdefault(what)

    def _global_hooks(self) -> str:
        from torch.nn.modules import module

        said = []
        for hooks in (module._global_forward_pre_hooks, module._global_forward_hooks):
            for hook in hooks.values():
                self._attach(hook, "a hook on all modules")
                said.append(self.word(hook))
        return hashed(said)

    def _attention(self, model: Any) -> str:
        """Implementations of attention that a user may have registered."""
        from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

        names = {str(getattr(module.config, "_attn_implementation", None)) for module in _configured(model)}
        found = {name: ALL_ATTENTION_FUNCTIONS.get(name) for name in sorted(names)}
        for name, function in found.items():
            self._attach(function, f"the attention implementation {name}")
        return self.word(found)


def _configured(model: Any) -> list[Any]:
    return [module for module in model.modules() if hasattr(module, "config")]
