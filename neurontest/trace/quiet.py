"""Libraries that stay silent and offline while we use them, and are as before when we are done."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers and the hub client from drawing bars, warning, or reaching for the network.

    The first use imports them, under ignored warnings: a project that turns warnings into errors would otherwise fail
    on what a library deprecates in itself. The hub reads ``HF_HUB_OFFLINE`` once, at import; setting the variable would
    keep the user's own tests offline for the rest of the process, so the value that was read is replaced and restored.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from huggingface_hub import constants
        from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars
        from transformers.utils import logging

        offline, verbosity = constants.HF_HUB_OFFLINE, logging.get_verbosity()
        bars, hub_bars_off = logging.is_progress_bar_enabled(), are_progress_bars_disabled()
        constants.HF_HUB_OFFLINE = True
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        try:
            yield
        finally:
            constants.HF_HUB_OFFLINE = offline
            logging.set_verbosity(verbosity)
            if bars:
                logging.enable_progress_bar()
            if hub_bars_off:
                disable_progress_bars()
