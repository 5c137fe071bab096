"""Models of the hub, from a cache that is laid out as the hub's client lays it out; there is no hub here."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from neurontest.errors import ModelError
from neurontest.trace.fingerprint.files import of_folder
from neurontest.trace.models import hub
from neurontest.trace.models.named import model_named
from neurontest.types import ModelHandle, silent

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """HF_HOME, and nothing else that leads to a cache."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path / "hf"


@pytest.fixture
def snapshot(home: Path, folder: Path) -> Path:
    """The tiny model as a repository: blobs, and links to them in the snapshot of a commit that a tag refers to."""
    repository = home / "hub" / "models--org--tiny"
    snapshot = repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (repository / "blobs").mkdir()
    for number, file in enumerate(sorted(folder.iterdir())):
        shutil.copy(file, repository / "blobs" / str(number))
        (snapshot / file.name).symlink_to(Path("../../blobs") / str(number))
    (repository / "refs").mkdir()
    (repository / "refs" / "v1").write_text(COMMIT)
    return snapshot


def handle(name: str, cache: Path, suite: Path | None = None) -> ModelHandle:
    return model_named(name, cache_dir=cache, dtype="float32", device="cpu", suite_folder=suite, progress=silent)


@pytest.mark.parametrize("revision", [COMMIT, "v1"])
@pytest.mark.parametrize("is_said_in_a_spec", [False, True])
def test_a_snapshot(
    revision: str, is_said_in_a_spec: bool, snapshot: Path, folder: Path, tmp_path: Path, llama: tuple[Any, Any]
) -> None:
    found = handle(f"hub:org/tiny@{revision}", tmp_path / "cache", tmp_path if is_said_in_a_spec else None)
    assert found.name == f"hub:org/tiny@{revision}"
    assert found.attention == "sdpa"
    assert found.fingerprint == of_folder(snapshot, tmp_path / "cache") == of_folder(folder, tmp_path / "cache")
    model, tokenizer = found.load()
    assert all((a == b).all() for a, b in zip(model.parameters(), llama[0].parameters(), strict=True))
    assert tokenizer("Tulip")["input_ids"] == llama[1]("Tulip")["input_ids"]


def test_a_link_that_leads_out_of_the_repository_is_refused(snapshot: Path, folder: Path, tmp_path: Path) -> None:
    (snapshot / "config.json").unlink()
    (snapshot / "config.json").symlink_to(folder / "config.json")
    with pytest.raises(ModelError, match=r"has a link that leads out of it: config\.json"):
        handle("hub:org/tiny@v1", tmp_path / "cache").load()


def test_what_is_in_the_cache_needs_no_client_and_no_torch(snapshot: Path, tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from neurontest.trace.models.named import model_named
from neurontest.types import silent
found = model_named("hub:org/tiny@v1", cache_dir=Path(sys.argv[1]), dtype="float32", device="cpu", suite_folder=None,
                progress=silent)
print(len(found.fingerprint), found.attention)
print(sorted({"torch", "transformers", "huggingface_hub"} & set(sys.modules)))
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.split("\n")[:2] == ["64 sdpa", "[]"]


@pytest.mark.parametrize("missing", ["config.json", "tokenizer_config.json", "model.safetensors"])
def test_a_fetch_that_was_cut_off_is_not_taken(missing: str, snapshot: Path) -> None:
    (snapshot / missing).unlink()
    assert hub.parse("hub:org/tiny@v1").cached() is None


def test_weights_in_several_files_must_all_be_there(snapshot: Path) -> None:
    (snapshot / "model.safetensors").rename(snapshot / "model-00001-of-00002.safetensors")
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (snapshot / "model.safetensors.index.json").write_text(json.dumps(index))
    model = hub.parse("hub:org/tiny@v1")
    assert model.cached() is None
    shutil.copy(snapshot / "model-00001-of-00002.safetensors", snapshot / "model-00002-of-00002.safetensors")
    assert model.cached() == snapshot
    (snapshot / "model.safetensors.index.json").write_text("{ cut off")
    assert model.cached() is None


def test_the_cache_is_where_the_client_has_it(monkeypatch: pytest.MonkeyPatch, home: Path, tmp_path: Path) -> None:
    assert hub._cache() == home / "hub"
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "elsewhere"))
    assert hub._cache() == tmp_path / "elsewhere"
    monkeypatch.delenv("HF_HUB_CACHE")
    monkeypatch.delenv("HF_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert hub._cache() == tmp_path / "xdg" / "huggingface" / "hub"


def test_without_a_network_it_says_how_to_bring_it(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    found = handle("hub:org/absent@v1", tmp_path)
    for look in (lambda: found.fingerprint, found.load, lambda: found.attention):
        with pytest.raises(
            ModelError, match=r"hub:org/absent@v1 is not in the hub's cache .*hf download org/absent --r"
        ):
            look()


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("RevisionNotFoundError", "hub:org/x@v9: the repository has no revision 'v9'"),
        ("RepositoryNotFoundError", "hub:org/x@v9: the hub has no such repository, or it is private: 'hf auth login'"),
        ("GatedRepoError", "hub:org/x@v9: access is granted by its owners"),
        ("", "hub:org/x@v9 is not in the hub's cache .* and cannot be fetched: no route"),
    ],
)
def test_what_the_hub_may_answer(
    kind: str, message: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub
    from huggingface_hub import errors

    def answer(*_: object, **__: object) -> None:
        if not kind:
            raise OSError("no route")
        error: type[Exception] = getattr(errors, kind)
        raise error.__new__(error)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", answer)
    with pytest.raises(ModelError, match=message):
        handle("hub:org/x@v9", tmp_path).load()


def test_what_is_fetched(home: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither code nor pickles; into the hub's own cache; and it says so."""
    import huggingface_hub
    from huggingface_hub.utils import are_progress_bars_disabled, filter_repo_objects

    asked: dict[str, Any] = {}

    def download(repository: str, **options: Any) -> str:
        asked.update(options, repository=repository, bars=not are_progress_bars_disabled())
        return str(folder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    said: list[str] = []
    found = model_named(
        "hub:org/tiny@v2",
        cache_dir=tmp_path,
        dtype="float32",
        device="cpu",
        suite_folder=None,
        progress=lambda what, *_: said.append(what),
    )
    assert asked == {}, "nothing is fetched before it is needed"
    bars = not are_progress_bars_disabled()
    found.load()
    assert (asked["repository"], asked["revision"], asked["cache_dir"]) == ("org/tiny", "v2", home / "hub")
    assert said[0] == "fetching hub:org/tiny@v2"
    assert not asked["bars"]
    assert bars == (not are_progress_bars_disabled())
    files = ["a.py", "pytorch_model.bin", "x.pt", "README.md", "model.safetensors", "original/consolidated.safetensors"]
    files += ["tokenizer.json", "spiece.model", "config.json", "additional_chat_templates/x.jinja"]
    patterns = {"allow_patterns": asked["allow_patterns"], "ignore_patterns": asked["ignore_patterns"]}
    assert list(filter_repo_objects(files, **patterns)) == ["model.safetensors", *files[6:]]


@pytest.mark.parametrize(
    "name", ["hub:org/x", "hub:x@v1", "hub:org/x@", "hub:../x@v1", "hub:org/x@../v1", "hub:org/x/y@v1", "hub:"]
)
def test_other_forms(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"must be of the form hub:org/name@revision; a revision is a commit, a tag"):
        handle(name, tmp_path)


def test_a_repository_of_pickles(snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    (snapshot / "model.safetensors").rename(snapshot / "pytorch_model.bin")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(snapshot))
    with pytest.raises(ModelError, match=r"no weights in safetensors; pytorch_model\.bin is a pickle"):
        handle("hub:org/tiny@v1", tmp_path).load()
