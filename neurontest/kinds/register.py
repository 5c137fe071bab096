"""The register of kinds: our own, a line each, and those that other packages and a conftest.py add."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

from neurontest.claims.base import Kind
from neurontest.errors import ExtensionError
from neurontest.kinds.causal import Necessary, Sufficient
from neurontest.kinds.chance import OverlapAboveChance
from neurontest.kinds.consistent import Consistent
from neurontest.kinds.distinct import Distinct
from neurontest.kinds.extreme import OverlapHighest, OverlapLowest
from neurontest.kinds.normalization import NormalizationHelps, SetsDiffer
from neurontest.kinds.overlap import OverlapAbove, OverlapBelow, OverlapGreater
from neurontest.kinds.positions import PositionsMoreDistinct
from neurontest.kinds.preserved import Preserved
from neurontest.kinds.similar import SetsSimilar
from neurontest.kinds.specific import HasSpecificNeurons, SpecificNeuron

#: The group of entry points by which an installed package adds kinds.
GROUP = "neurontest.kinds"

#: In the order of docs/claims.md.
_OWN: tuple[Kind, ...] = (
    OverlapGreater(),
    OverlapAbove(),
    OverlapBelow(),
    OverlapLowest(),
    OverlapHighest(),
    OverlapAboveChance(),
    Distinct(),
    PositionsMoreDistinct(),
    SetsDiffer(),
    NormalizationHelps(),
    SetsSimilar(),
    Consistent(),
    SpecificNeuron(),
    HasSpecificNeurons(),
    Necessary(),
    Sufficient(),
    Preserved(),
)
_OURS = __name__.partition(".")[0]

#: Tells what is defined in no file from what another process defined.
_THIS_PROCESS = uuid4().hex

#: Kinds of the running session, by who added them.
_added: dict[str, tuple[Kind, ...]] = {}


def kinds() -> tuple[Kind, ...]:
    """Every kind of claim, one instance each: our own, those of installed packages, those that were added.

    Raises
    ------
    ExtensionError
        If a package adds what is no kind, or one that cannot be told from another.
    """
    return _together(tuple(_added.items()))


def kind_named(name: str) -> Kind:
    """The kind called `name`.

    Raises
    ------
    KeyError
        If there is none.
    ExtensionError
        As :func:`kinds`.
    """
    return {kind.name: kind for kind in kinds()}[name]


def add(found: Iterable[object], by: str) -> None:
    """Add kinds until :func:`remove` is told of the same name.

    Parameters
    ----------
    found : iterable of Kind, or of subclasses of it
    by : str
        Who adds them, for messages.

    Raises
    ------
    ExtensionError
        If one is no kind, or cannot be told from another; then none is added.
    """
    made = tuple(_made(one, by) for one in found)
    before = dict(_added)
    _added[by] = (*_added.get(by, ()), *made)
    try:
        kinds()
    except ExtensionError:
        _added.clear()
        _added.update(before)
        raise


def remove(by: str) -> None:
    """Remove what was added under a name."""
    _added.pop(by, None)


def code_of(kind: Kind) -> str:
    """The sha256 of the code of a kind that is not ours, and of what tests it: kept evidence hangs on it.

    All modules of the packages that the two stand in count, since either may use any of them. Of our own kinds it is
    empty: a version says when their evidence changes.
    """
    homes = {type(kind).__module__, kind.procedure.partition(":")[0]}
    return _code(tuple(sorted({one.partition(".")[0] for one in homes if one.partition(".")[0] != _OURS})))


@cache
def _together(added: tuple[tuple[str, tuple[Kind, ...]], ...]) -> tuple[Kind, ...]:
    found: list[tuple[str, Kind]] = [("neurontest", kind) for kind in _OWN]
    found += _installed()
    found += [(by, kind) for by, own in added for kind in own]
    every = tuple(kind for _, kind in found)
    by_name: dict[str, str] = {}
    for by, kind in found:
        if kind.name in by_name:
            raise ExtensionError(f"{by} adds the kind {kind.name!r}, and {by_name[kind.name]} has one of that name")
        by_name[kind.name] = by
        if by != "neurontest" and (fault := _fault(kind, every)):
            raise ExtensionError(f"the kind {kind.name!r} of {by} {fault}")
    return every


@cache
def _installed() -> tuple[tuple[str, Kind], ...]:
    found = sorted(entry_points(group=GROUP), key=lambda one: (_package(one), one.name))
    return tuple((_package(one), kind) for one in found for kind in _loaded(one))


def _loaded(one: EntryPoint) -> Iterator[Kind]:
    try:
        value = one.load()
    except Exception as error:  # a stranger's module may fail in any way
        raise ExtensionError(
            f"the kind {one.name!r} of {_package(one)} cannot be loaded from {one.value}:"
            f" {type(error).__name__}: {error}"
        ) from error
    for each in value if isinstance(value, (list, tuple)) else (value,):
        yield _made(each, _package(one))


def _package(one: EntryPoint) -> str:
    return "a package" if one.dist is None else f"the package {one.dist.name}"


def _made(found: object, by: str) -> Kind:
    kind = found() if isinstance(found, type) and issubclass(found, Kind) else found
    if not isinstance(kind, Kind):
        raise ExtensionError(f"{by} adds {found!r}, which is no neurontest.claims.base.Kind")
    lacking = [name for name in ("name", "sentence", "slots", "summary", "procedure") if not hasattr(kind, name)]
    if lacking:
        raise ExtensionError(f"{by} adds {type(kind).__name__}, which does not say its {' and its '.join(lacking)}")
    return kind


def _fault(kind: Kind, every: tuple[Kind, ...]) -> str:
    """What keeps a kind's sentences from being told from those of all others; empty if nothing does."""
    from neurontest.claims.examples import examples
    from neurontest.claims.grammar import SentenceError, parse

    module, _, name = kind.procedure.partition(":")
    if not module or not name:
        return f"names its procedure as {kind.procedure!r}; say 'module:class'"
    try:
        said = examples(kind)
    except (KeyError, IndexError, StopIteration) as error:
        return f"has a sentence that cannot be filled in ({error!r}): {kind.sentence!r}"
    for sentence in said:
        try:
            parse(sentence, every)
        except SentenceError as error:
            return f"cannot be told from another: {error}"
    return ""


@cache
def _code(packages: tuple[str, ...]) -> str:
    if not packages:
        return ""
    digest = hashlib.sha256()
    for name in packages:
        files = _files(name)
        # Defined where it runs, as in a notebook: nothing is found again by another process.
        digest.update(f"{name} {len(files)} {'' if files else _THIS_PROCESS}\0".encode())
        for file in files:
            digest.update(f"{file.name}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _files(name: str) -> list[Path]:
    """The modules of a package, or the one file of a module; none of what is in no file."""
    try:
        spec = find_spec(name)
    except ValueError:  # of what was begun as a script or a notebook
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations is not None:
        return sorted(file for folder in spec.submodule_search_locations for file in Path(folder).rglob("*.py"))
    return [Path(spec.origin)] if spec.has_location and spec.origin else []
