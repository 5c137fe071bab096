"""A cache of keys and values with room for the whole text.

transformers' own grows by concatenation: every step copies all of it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


@cache
def _roomy_layer() -> Any:
    """The class of a layer; made when first asked for, since its base is transformers'."""
    from transformers.cache_utils import DynamicLayer

    class RoomyLayer(DynamicLayer):  # type: ignore[misc]
        """A block's keys and values ``[row, head, position, index]``, written in place from the second pass on.

        Parameters
        ----------
        room : int
            Positions to make room for after those that are there first.
        """

        def __init__(self, room: int) -> None:
            super().__init__()
            self._room = room
            self._spaces: tuple[torch.Tensor, torch.Tensor] | None = None

        def update(
            self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
        ) -> tuple[torch.Tensor, torch.Tensor]:
            """Append the keys and values of a pass and return all of them."""
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
                # What the model goes on to do with its own tensors is its own affair: the copy comes with the room.
                self.keys, self.values = key_states, value_states
                return self.keys, self.values
            if self._spaces is None:
                self._spaces = self._spacious(self.keys), self._spacious(self.values)
            start, end = self.keys.shape[-2], self.keys.shape[-2] + key_states.shape[-2]
            for space, new in zip(self._spaces, (key_states, value_states), strict=True):
                space[:, :, start:end] = new
            self.keys, self.values = (space[:, :, :end] for space in self._spaces)
            return self.keys, self.values

        def reorder_cache(self, beam_idx: torch.LongTensor) -> None:
            """Keep the rows `beam_idx`, in this order; a row may be named more than once."""
            if not self.is_initialized:  # a block that shares another's keys
                return
            if self._spaces is not None:
                self._room = self._spaces[0].shape[-2] - self.keys.shape[-2]
            self._spaces = self._spacious(self.keys, beam_idx), self._spacious(self.values, beam_idx)
            filled = self.keys.shape[-2]
            self.keys, self.values = (space[:, :, :filled] for space in self._spaces)

        def place(self, layer: Any, count: int, width: int, rows: torch.Tensor, source: torch.Tensor) -> None:
            """Take in the keys and values of some rows from a cache of fewer positions, up to the last of `width`.

            Parameters
            ----------
            layer : transformers.cache_utils.DynamicLayer
                Holds them, without room.
            count, width : int
                Rows, and positions before the next pass, of all that will be placed.
            rows, source : int64 tensors [row]
                Which rows they are, and which row of `layer` each of them is.
            """
            if self._spaces is None:
                self.lazy_initialization(layer.keys, layer.values)
                self._spaces = self._empty(layer.keys, count, width), self._empty(layer.values, count, width)
                self.keys, self.values = (space[:, :, :width] for space in self._spaces)
            for space, found in zip(self._spaces, (layer.keys, layer.values), strict=True):
                space[rows, :, width - found.shape[-2] : width] = found.index_select(0, source)

        def _empty(self, like: torch.Tensor, count: int, width: int) -> torch.Tensor:
            # Zeros, since what is masked out is multiplied by nought all the same, and might else be no number.
            return like.new_zeros((count, like.shape[1], width + self._room, like.shape[3]))

        def _spacious(self, filled: torch.Tensor, rows: torch.Tensor | None = None) -> torch.Tensor:
            count, heads, positions, width = filled.shape
            space = filled.new_empty((count if rows is None else len(rows), heads, positions + self._room, width))
            space[:, :, :positions] = filled if rows is None else filled.index_select(0, rows)
            return space

    return RoomyLayer


def roomy(model: Any, steps: int) -> Any:
    """An empty cache for a model that takes transformers' ordinary one, with room for `steps` new tokens.

    Layers that keep a window or a state are left as transformers makes them.
    """
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    roomy_layer = _roomy_layer()
    made = DynamicCache(config=model.config)
    made.layers = [roomy_layer(steps) if type(layer) is DynamicLayer else layer for layer in made.layers]
    return made


def can_place(cache: Any) -> bool:
    """Whether all layers of :func:`roomy`'s cache take in what :func:`place` gives them."""
    return all(isinstance(layer, _roomy_layer()) for layer in cache.layers)


def place(cache: Any, part: Any, count: int, width: int, rows: torch.Tensor, source: torch.Tensor) -> None:
    """Take in some rows of :func:`roomy`'s `cache` from another one, `part`; see the layer's ``place``."""
    for layer, found in zip(cache.layers, part.layers, strict=True):
        if found.is_initialized:  # else the block shares another's keys
            layer.place(found, count, width, rows, source)


def takes_cache(model: Any) -> bool:
    """Whether a model can be handed :func:`roomy`'s cache, and its rows be repeated and dropped."""
    supports = getattr(model, "_supports_default_dynamic_cache", None)
    return bool(supports and supports()) and not model.config.is_encoder_decoder
