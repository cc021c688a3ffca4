"""Cards of all that can be chosen: the bundled first, none of them claiming what is not so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import timm
from safetensors.torch import save_file

from tlcore.backbones.catalog.card import BackboneCard
from tlcore.backbones.catalog.catalog import card, catalog, search
from tlcore.backbones.catalog.curated import (
    BUNDLED_TITLE,
    CURATED,
    DEFAULT_BACKBONE,
    EARLIER_DEFAULTS,
    Curated,
    full_title,
    title_of,
)
from tlcore.backbones.sources.registry import find
from tlcore.backbones.weights_file import build
from tlcore.errors import UnknownModel

ROOT = Path(__file__).resolve().parents[3]


def test_people_read_the_title_of_the_card() -> None:
    for entry in catalog():
        assert title_of(entry.name) == entry.title
    assert title_of("of_somebody.else") == full_title("of_somebody.else") == "of_somebody.else"
    assert full_title(DEFAULT_BACKBONE) == f"{BUNDLED_TITLE} ({DEFAULT_BACKBONE})"
    assert BUNDLED_TITLE in title_of(EARLIER_DEFAULTS[0]) != BUNDLED_TITLE


def test_the_bundled_comes_first_and_is_alone_ready_on_a_bare_computer() -> None:
    cards = catalog()
    assert cards[0].name == DEFAULT_BACKBONE and cards[0].bundled
    assert [entry.name for entry in cards if entry.ready] == [DEFAULT_BACKBONE]
    assert [entry.name for entry in catalog(offline=True)] == [DEFAULT_BACKBONE]
    assert 10 <= len(cards) <= 14


def test_every_card_says_what_people_ask() -> None:
    for entry in catalog():
        assert entry.title and entry.words.endswith(".") and entry.licence and entry.trained_on
        assert entry.parameters > 0 and entry.features > 0
        assert (entry.download_bytes is None) == entry.bundled
        assert entry.source == ("bundled" if entry.bundled else None)


@pytest.mark.parametrize("recommended", CURATED, ids=lambda entry: entry.name)
def test_recommendations_are_true(recommended: Curated) -> None:
    """Known to timm, downloadable, and about as large as its numbers say."""
    entry = card(recommended.name)
    config = timm.get_pretrained_cfg(recommended.name)
    assert recommended.name in timm.list_pretrained() and config.hf_hub_id
    assert entry.licence.lower().startswith(config.license[:3])
    assert entry.download_bytes is not None
    assert entry.download_bytes >= 4 * entry.parameters
    assert entry.download_bytes <= 4 * entry.parameters * 2.3  # the old classifier, and counters


@pytest.mark.parametrize("name", ["test_resnet.r160_in1k", "test_vit.r160_in1k", DEFAULT_BACKBONE])
def test_a_card_agrees_with_the_network(name: str) -> None:
    entry, module = card(name), build(find(name))
    assert entry.parameters == sum(parameter.numel() for parameter in module.parameters())
    assert entry.features == module.head_hidden_size
    assert entry.input_size == tuple(module.pretrained_cfg["input_size"])


def test_the_operators_own_come_after_the_bundled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_file(timm.create_model("test_resnet").state_dict(), tmp_path / "test_resnet.safetensors")
    monkeypatch.setenv("GRAFT_WEIGHTS", str(tmp_path))
    entry = catalog()[1]
    assert entry.name == "test_resnet" and entry.ready and entry.source == "local"
    assert entry.licence == "Not stated" and entry.imagenet_top1 is None


def test_search_gives_cards_in_few_and_none_for_nothing() -> None:
    assert search(DEFAULT_BACKBONE)[0].name == DEFAULT_BACKBONE
    assert search("   ") == []
    assert len(search("convnext", limit=3)) == 3


def test_an_unknown_name_has_no_card() -> None:
    with pytest.raises(UnknownModel):
        card("hf-hub:timm/resnet18")


def test_a_card_survives_json() -> None:
    entry = card("vit_small_patch14_dinov2.lvd142m")
    assert BackboneCard.model_validate_json(entry.model_dump_json()) == entry
    assert entry.model_args == {"img_size": 224}


def test_cards_and_recommendations_need_no_torch() -> None:
    code = ("import sys, tlcore.backbones.catalog.card, tlcore.backbones.catalog.curated\n"
            "print({'torch', 'timm', 'huggingface_hub'} & set(sys.modules))")  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
