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
    full_title,
    title_of,
)
from tlcore.backbones.sources.registry import find
from tlcore.backbones.weights import build
from tlcore.errors import UnknownModel

ROOT = Path(__file__).resolve().parents[3]


def test_people_read_the_title_of_the_card() -> None:
    for one in catalog():
        assert title_of(one.name) == one.title
    assert title_of("of_somebody.else") == full_title("of_somebody.else") == "of_somebody.else"
    assert full_title(DEFAULT_BACKBONE) == f"{BUNDLED_TITLE} ({DEFAULT_BACKBONE})"
    assert BUNDLED_TITLE in title_of(EARLIER_DEFAULTS[0]) != BUNDLED_TITLE


def test_the_bundled_comes_first_and_is_alone_ready_on_a_bare_computer() -> None:
    cards = catalog()
    assert cards[0].name == DEFAULT_BACKBONE and cards[0].bundled
    assert [one.name for one in cards if one.ready] == [DEFAULT_BACKBONE]
    assert [one.name for one in catalog(offline=True)] == [DEFAULT_BACKBONE]
    assert 10 <= len(cards) <= 14


def test_every_card_says_what_people_ask() -> None:
    for one in catalog():
        assert one.title and one.words.endswith(".") and one.licence and one.trained_on
        assert one.parameters > 0 and one.features > 0
        assert (one.download_bytes is None) == one.bundled
        assert one.source == ("bundled" if one.bundled else None)


@pytest.mark.parametrize("one", CURATED, ids=lambda one: one.name)
def test_recommendations_are_true(one: object) -> None:
    """Known to timm, downloadable, and about as large as its numbers say."""
    told = card(one.name)
    config = timm.get_pretrained_cfg(one.name)
    assert one.name in timm.list_pretrained() and config.hf_hub_id
    assert told.licence.lower().startswith(config.license[:3])
    assert told.download_bytes is not None
    assert told.download_bytes >= 4 * told.parameters
    assert told.download_bytes <= 4 * told.parameters * 2.3  # the old classifier, and counters


@pytest.mark.parametrize("name", ["test_resnet.r160_in1k", "test_vit.r160_in1k", DEFAULT_BACKBONE])
def test_a_card_agrees_with_the_network(name: str) -> None:
    told, module = card(name), build(find(name))
    assert told.parameters == sum(parameter.numel() for parameter in module.parameters())
    assert told.features == module.head_hidden_size
    assert told.input_size == tuple(module.pretrained_cfg["input_size"])


def test_the_operators_own_come_after_the_bundled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_file(timm.create_model("test_resnet").state_dict(), tmp_path / "test_resnet.safetensors")
    monkeypatch.setenv("GRAFT_WEIGHTS", str(tmp_path))
    one = catalog()[1]
    assert one.name == "test_resnet" and one.ready and one.source == "local"
    assert one.licence == "Not stated" and one.imagenet_top1 is None


def test_search_gives_cards_in_few_and_none_for_nothing() -> None:
    assert search(DEFAULT_BACKBONE)[0].name == DEFAULT_BACKBONE
    assert search("   ") == []
    assert len(search("convnext", limit=3)) == 3


def test_an_unknown_name_has_no_card() -> None:
    with pytest.raises(UnknownModel):
        card("hf-hub:timm/resnet18")


def test_a_card_survives_json() -> None:
    one = card("vit_small_patch14_dinov2.lvd142m")
    assert BackboneCard.model_validate_json(one.model_dump_json()) == one
    assert one.model_args == {"img_size": 224}


def test_cards_and_recommendations_need_no_torch() -> None:
    code = ("import sys, tlcore.backbones.catalog.card, tlcore.backbones.catalog.curated\n"
            "print({'torch', 'timm', 'huggingface_hub'} & set(sys.modules))")  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
