"""One knob: what may be said of it, where, and in which form each place says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Value = str | int | float | tuple[int, ...] | None

#: The innermost place that may say a setting. ``person`` means the command line, the ini file or the environment alone:
#: a spec is data from elsewhere and may not say where to write or which device to use.
Level = Literal["claim", "file", "suite", "person"]
LEVELS: tuple[Level, ...] = ("claim", "file", "suite", "person")


@dataclass(frozen=True)
class Setting:
    """One knob.

    Attributes
    ----------
    section : str
        The key of a spec under which it stands (``trace``, ``neurons``, ``statistics``); ``run`` for what no spec says.
    name : str
        Unique over all sections, in snake_case.
    type : type
        ``str``, ``int`` or ``float``.
    default : str, int, float or None
        None means "decided from the others"; the help says how.
    level : {"claim", "file", "suite", "person"}
        The innermost place that may say it.
    switch : bool
        Of a text: true and false may be said as well, and stand for the texts ``true`` and ``false``.
    many : int
        Of whole numbers: the value is a list of at least so many, each once. The bounds are those of each.
    as_key : str
        What a spec calls it within its section, if not by its name.
    """

    section: str
    name: str
    type: type[str] | type[int] | type[float]
    default: Value
    help: str
    level: Level = "claim"
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    switch: bool = False
    many: int = 0
    as_key: str = ""

    @property
    def key(self) -> str:
        """What a spec calls it within its section."""
        return self.as_key or self.name

    @property
    def option(self) -> str:
        """The command line option."""
        return "--concept-" + self.name.replace("_", "-")

    @property
    def ini(self) -> str:
        """The ini key."""
        return "concept_" + self.name

    @property
    def environment(self) -> str:
        """The environment variable, read for settings of level ``person`` only."""
        return "NEURONTEST_" + self.name.upper()

    def schema(self) -> dict[str, Any]:
        """Draft-07 JSON Schema of the value."""
        kind = {str: "string", int: "integer", float: "number"}[self.type]
        out: dict[str, Any] = {"description": self.help}
        if self.choices:
            out["enum"] = list(self.choices)
        else:
            out["type"] = [kind, "boolean"] if self.switch else kind
            bounds = {
                "minimum": self.minimum,
                "maximum": self.maximum,
                "exclusiveMinimum": self.above,
                "exclusiveMaximum": self.below,
            }
            out |= {key: bound for key, bound in bounds.items() if bound is not None}
        if self.many:
            item = {key: out.pop(key) for key in list(out) if key != "description"}
            item["errorMessage"] = f"must be {self._one()}"
            out |= {"type": "array", "items": item, "minItems": self.many, "uniqueItems": True}
        if self.default is not None:
            out["default"] = self.default
        return out

    def said(self, value: Any) -> Value:
        """The value that a spec says, which the schema has nothing against."""
        if self.many:
            return tuple(int(one) for one in value)
        return str(value).lower() if isinstance(value, bool) else self.type(value)

    def parse(self, text: str) -> Value:
        """The value that `text` (an option, ini value or environment variable) stands for.

        Raises
        ------
        ValueError
            If `text` is no such value; the message says which values are valid.
        """
        value: Value
        try:
            value = tuple(map(int, text.replace(",", " ").split())) if self.many else self.type(text)
        except ValueError:
            raise ValueError(f"{self.name} must be {self.valid()}, not {text!r}") from None
        if not self.admits(value):
            raise ValueError(f"{self.name} must be {self.valid()}, not {text!r}")
        return value

    def admits(self, value: Value) -> bool:
        """Whether `value` is within choices and bounds."""
        if isinstance(value, tuple):
            return self.many <= len(value) == len(set(value)) and all(self.admits(one) for one in value)
        if self.choices:
            return value in self.choices
        if isinstance(value, str) or value is None:
            return True
        return (
            (self.minimum is None or value >= self.minimum)
            and (self.maximum is None or value <= self.maximum)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )

    def valid(self) -> str:
        """The valid values in words."""
        if self.many:
            return f"a list of {self.many} or more, each once, and each {self._one()}"
        return self._one()

    def _one(self) -> str:
        if self.choices:
            return "one of " + ", ".join(self.choices)
        words = {str: "a text", int: "a whole number", float: "a number"}[self.type]
        words += ", true or false" if self.switch else ""
        bounds = [
            f"at least {self.minimum:g}" if self.minimum is not None else "",
            f"above {self.above:g}" if self.above is not None else "",
            f"at most {self.maximum:g}" if self.maximum is not None else "",
            f"below {self.below:g}" if self.below is not None else "",
        ]
        bounds = [bound for bound in bounds if bound]
        return words + (" " + " and ".join(bounds) if bounds else "")
