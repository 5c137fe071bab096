"""A model known by what others told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neurontest.errors import ModelError
from neurontest.types import ModelRecord


@dataclass(frozen=True)
class KnownModel:
    """The handle of a model that this process only reads about; its facts are those of `record`.

    Attributes
    ----------
    record : ModelRecord
        What a worker told.
    """

    record: ModelRecord

    def __getattr__(self, name: str) -> Any:
        return getattr(self.record, name)

    def load(self) -> tuple[Any, Any]:
        """Refuse.

        Raises
        ------
        ModelError
            Always.
        """
        raise ModelError("this process only reads what workers have traced; it loads no model")
