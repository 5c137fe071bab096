"""What a configuration says of a model's size, against the modules of the model itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurontest.trace.models import builtin, convert
from neurontest.trace.models.dimensions import BUILTIN, _in_folder, dimensions_of
from tests.architectures import ARCHITECTURES, HIDDEN, LAYERS


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_config_says_no_size_that_the_model_has_not(tmp_path: Path, name: str) -> None:
    import transformers

    one = ARCHITECTURES[name]
    getattr(transformers, one.config)(**one.said).save_pretrained(tmp_path)
    found = dimensions_of(str(tmp_path))
    assert found is not None
    assert found.layers == LAYERS
    assert found.widths["residual"] == HIDDEN
    if one.attention is not None:
        assert found.widths.get("attention", one.attention_width) == one.attention_width
    if one.mlp is None:
        assert "mlp" not in found.widths
    else:
        assert found.widths.get("mlp", one.mlp_width) == one.mlp_width


def test_most_architectures_say_all_of_it(tmp_path: Path) -> None:
    import transformers

    said = 0
    for name, one in ARCHITECTURES.items():
        getattr(transformers, one.config)(**one.said).save_pretrained(tmp_path / name)
        found = dimensions_of(str(tmp_path / name))
        said += found is not None and len(found.widths) == 4
    assert said >= 0.75 * len(ARCHITECTURES)


def test_a_model_of_the_hub_is_looked_at_where_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert dimensions_of("hub:org/name@abc") is None
    assert dimensions_of("hub:no form") is None


@pytest.mark.model
def test_the_built_in_one_has_its_numbers() -> None:
    from neurontest.run import default_cache_dir

    folder = convert.home(default_cache_dir(), convert.fingerprint(builtin.SHA256))
    if not folder.is_dir():
        pytest.skip("it was never converted here")
    assert _in_folder(folder) == BUILTIN
