"""Collection: a spec file of a suite becomes a pytest file, each of its claims an item."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from neurontest.errors import Fault, NeurontestError, SpecError, listing
from neurontest.plugin.items.asked import asked_for
from neurontest.plugin.items.item import ClaimItem
from neurontest.plugin.items.judge import judge, prepare
from neurontest.plugin.outcomes import VerdictFailure
from neurontest.plugin.state import state_of, worker_name
from neurontest.untrusted import visible_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from neurontest.claims.base import Claim
    from neurontest.claims.suite import Suite


def collect_file(path: Path, parent: pytest.Collector) -> SpecFile | None:
    """The collector of a YAML file, or None if it is in no suite that was named."""
    # pytest's own path is kept, so that node ids stay as they were typed; suites alone are known by their real path.
    if path.resolve().parent not in state_of(parent.config).options.suites:
        return None
    return SpecFile.from_parent(parent, path=path)


def _is_asked_for(path: Path, config: pytest.Config) -> bool:
    return any(asked == path or asked in path.parents for asked in asked_for(config))


class SpecFile(pytest.File):
    """A spec file of a suite."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each claim, in the order of the file.

        Raises
        ------
        CollectError
            If the suite is faulty; with the faults of this file, and of those that nobody collects.
        """
        state, folder = state_of(self.config), self.path.resolve().parent
        try:
            suite = state.suite(folder)
        except SpecError as error:
            faults = [fault for fault in error.faults if fault not in state.told and self._tells(fault)]
            state.told.update(faults)
            if not faults:
                state.silenced.add(folder)  # unless another file of the suite tells of something
                return
            state.refused.add(folder)
            raise self.CollectError(listing(faults)) from None
        except NeurontestError as error:
            state.refused.add(folder)
            raise self.CollectError(str(error)) from None
        for family in suite.families:
            if family.file == self.path.name:
                for claim in family.claims:
                    state.collected.add(folder)
                    yield _item(self, suite, claim)

    def _tells(self, fault: Fault) -> bool:
        """Whether to tell of a fault here: it is of this file, or of one that this run does not collect."""
        path = Path(fault.path).resolve()
        return path == self.path.resolve() or path.suffix != ".yaml" or not _is_asked_for(path, self.config)


def _item(file: SpecFile, suite: Suite, claim: Claim) -> ClaimItem:
    item: ClaimItem = ClaimItem.from_parent(
        file, name=claim.id, callobj=_test_of(claim), suite=suite, claim=claim, prepare=prepare
    )
    item.add_marker("neurontest")
    for concept in claim.concepts:
        # By keyword, so that -m "concept(name='hanoi')" finds it.
        item.add_marker(pytest.mark.concept(name=concept))
        item.extra_keyword_matches.add(concept)
    _register(file.config, claim.tags)
    for tag in claim.tags:
        item.add_marker(tag)
    if claim.skip is not None:
        item.add_marker(pytest.mark.skip(reason=visible_line(claim.skip)))
    if isinstance(claim.xfail, str):
        # Of one that is bound to a model the test knows. Only the verdict is expected to fail: a model that cannot be
        # loaded stays an error.
        item.add_marker(pytest.mark.xfail(reason=visible_line(claim.xfail), raises=VerdictFailure))
    if worker_name(file.config):
        # With --dist loadgroup a model is then loaded by one worker alone.
        item.add_marker(pytest.mark.xdist_group(suite.model))
    return item


def _test_of(claim: Claim) -> Callable[..., None]:
    def test(request: pytest.FixtureRequest, concept_model: object) -> None:
        judge(request.node, concept_model)

    test.__doc__ = claim.sentence  # what --collect-only -v prints
    return test


def _register(config: pytest.Config, tags: Iterable[str]) -> None:
    """Make the tags known marks, for --strict-markers."""
    known = {line.partition(":")[0].partition("(")[0].strip() for line in config.getini("markers")}
    for tag in tags:
        if tag not in known:
            config.addinivalue_line("markers", f"{tag}: a tag of the concept specs")
            known.add(tag)
