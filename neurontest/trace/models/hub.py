"""``hub:org/name@revision``: a model of the Hugging Face hub, from the hub's own cache if it is there.

The cache is read without importing anything of the hub, so that a second run needs neither it nor a network. Only
weights in safetensors, configurations and tokenizers are fetched; code and pickles never are.
"""

from __future__ import annotations

import json
import os
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

from neurontest.errors import ModelError
from neurontest.trace.fingerprint.folder import PATTERNS
from neurontest.types import Progress

PREFIX = "hub:"
FORM = "hub:org/name@revision"

_NAME = re.compile(r"hub:(?P<repository>[\w.-]+/[\w.-]+)@(?P<revision>[\w][\w./-]*)", re.ASCII)
#: A repository with consolidated or other duplicates of its weights in subfolders needs none of them.
_WANTED = list(PATTERNS)
_UNWANTED = ["original/*", "consolidated*", "onnx/*", "openvino/*", "runs/*", ".*"]


@dataclass(frozen=True)
class HubModel:
    """A repository of the hub at a revision: a commit, a tag or a branch."""

    repository: str
    revision: str

    def folder(self, progress: Progress) -> Path:
        """The folder of the revision's files, in the hub's cache; fetched if need be.

        Raises
        ------
        ModelError
            If it cannot be had; says why.
        """
        found = self.cached()
        if found is None:
            progress(f"fetching {self}", 0, 1, "")
            found = self._fetch()
            progress(f"fetching {self}", 1, 1, "")
        return found

    def cached(self) -> Path | None:
        """The same if it is all there, else None."""
        home = _cache() / ("models--" + self.repository.replace("/", "--"))
        try:
            commit = (home / "refs" / self.revision).read_text(encoding="utf-8").strip()
        except OSError:
            commit = self.revision
        folder = home / "snapshots" / commit
        return folder if _is_whole(folder) else None

    def _fetch(self) -> Path:
        # Not within quiet(), which keeps the hub offline.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from huggingface_hub import snapshot_download
            from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError
            from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

            shown = not are_progress_bars_disabled()
            disable_progress_bars()
            try:
                return Path(
                    snapshot_download(
                        self.repository,
                        revision=self.revision,
                        cache_dir=_cache(),
                        allow_patterns=_WANTED,
                        ignore_patterns=_UNWANTED,
                    )
                )
            except RevisionNotFoundError as error:
                raise ModelError(f"{self}: the repository has no revision {self.revision!r}.") from error
            except GatedRepoError as error:
                raise ModelError(
                    f"{self}: access is granted by its owners; ask there, then 'hf auth login'."
                ) from error
            except RepositoryNotFoundError as error:
                raise ModelError(
                    f"{self}: the hub has no such repository, or it is private: 'hf auth login'."
                ) from error
            except Exception as error:  # of the hub's client, of what it speaks through, and of the disk
                reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
                raise ModelError(
                    f"{self} is not in the hub's cache {_cache()} and cannot be fetched: {reason}. Where there is a "
                    f"network, 'hf download {self.repository} --revision {self.revision}' fetches it; bring the cache "
                    "here, or name a folder."
                ) from error
            finally:
                if shown:
                    enable_progress_bars()

    def __str__(self) -> str:
        return f"{PREFIX}{self.repository}@{self.revision}"


def parse(name: str) -> HubModel:
    """The model that a name says.

    Raises
    ------
    ModelError
        If it is of another form, such as without a revision.
    """
    found = _NAME.fullmatch(name)
    if found is None or ".." in name:
        raise ModelError(
            f"The model {name!r} must be of the form {FORM}; a revision is a commit, a tag or a branch, and a commit "
            "is what never changes."
        )
    return HubModel(found["repository"], found["revision"])


def _cache() -> Path:
    """Where the hub's client keeps what it fetched."""
    if said := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(said).expanduser()
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(home).expanduser() / "hub"


def _is_whole(folder: Path) -> bool:
    """Whether a snapshot has its configuration, a tokenizer and all its weights: a fetch may have been cut off."""
    index = folder / "model.safetensors.index.json"
    try:
        parts = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except FileNotFoundError:
        parts = {"model.safetensors"}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    wanted = {"config.json", "tokenizer_config.json", *parts}
    return all((folder / part).is_file() for part in wanted)
