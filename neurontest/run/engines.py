"""Who looks into the model for a run: one that traces, and one that says how likely texts are with neurons set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from neurontest.trace.engine import Tracer
from neurontest.trace.prompts.remembered import Prompts
from neurontest.trace.scoring import Continuations, Scorer
from neurontest.types import GivenText, ModelHandle, Notice, Progress


class Engines:
    """Those of this process; a run that is given others asks them instead."""

    def tracer(
        self,
        handle: ModelHandle,
        prompts: Prompts,
        *,
        cache_dir: Path,
        batch_size: int,
        progress: Progress,
        notice: Notice,
        given: Mapping[str, Mapping[str, tuple[GivenText, ...]]],
    ) -> Tracer:
        """What makes traces, and finds those that are there."""
        return Tracer(
            handle,
            cache_dir=cache_dir,
            batch_size=batch_size,
            progress=progress,
            given=given,
            notice=notice,
            prompts=prompts,
        )

    def scorer(
        self,
        handle: ModelHandle,
        prompts: Prompts,
        continuations: Continuations,
        *,
        cache_dir: Path,
        progress: Progress,
        notice: Notice,
    ) -> Scorer:
        """What scores texts, after the `continuations` that the tracer has written."""
        return Scorer(
            handle,
            cache_dir=cache_dir,
            continuations=continuations,
            progress=progress,
            notice=notice,
            prompts=prompts,
        )
