"""Every stage's features come from one pass, and the pass is the backbone's own."""

from __future__ import annotations

import pytest
import torch

from tests.backbones.networks import cases, network
from tlcore.backbones.cut.stages import stages
from tlcore.backbones.engines.folding import folded, same
from tlcore.quality.probe.depth import StageFeatures, pool


@pytest.mark.parametrize("name", cases())
def test_one_pass_gives_every_stage_and_the_backbones_own_answer(name: str) -> None:
    module, size = network(name)
    staged = StageFeatures(module).eval()
    pictures = torch.rand(2, *size)
    with torch.no_grad():
        given = staged(pictures)
        expected = module(pictures)
    torch.testing.assert_close(given[-1], expected)
    assert len(given) == len(stages(module))
    assert all(
        features.shape[0] == 2 and features.ndim == 2 and features.isfinite().all()
        for features in given
    )
    assert not any(torch.equal(features, given[-1]) for features in given[:-1]), (
        "a stage gave nothing"
    )


@pytest.mark.parametrize("name", cases())
def test_stages_are_watched_also_where_norms_are_folded(name: str) -> None:
    """Many pictures are looked at by a folded copy of the backbone."""
    module, size = network(name)
    staged = StageFeatures(module).eval()
    pictures = torch.rand(2, *size)
    with torch.no_grad():
        looking = folded(staged, pictures)
        assert isinstance(looking, StageFeatures)
        assert same(staged(pictures), looking(pictures))


def test_the_features_of_a_resnet_are_the_means_of_its_maps() -> None:
    module, size = network("test_resnet")
    pictures = torch.rand(3, *size)
    with torch.no_grad():
        given = StageFeatures(module).eval()(pictures)
        maps = module.forward_intermediates(pictures, intermediates_only=True)
    for mine, output in zip(given[-2:0:-1], maps[-2:0:-1], strict=True):
        torch.testing.assert_close(mine, output.mean((2, 3)))


def test_it_counts_time_and_leaves_nothing_behind() -> None:
    module, size = network("test_resnet")
    staged = StageFeatures(module).eval()
    with torch.no_grad():
        staged(torch.rand(2, *size))
        staged(torch.rand(3, *size))
    assert staged.pictures == 5
    assert all(second > 0 for second in staged.seconds)
    assert not any(inner._forward_hooks for inner in module.modules())
    staged.forget()
    assert staged.pictures == 0 and sum(staged.seconds) == 0


def test_whatever_a_stage_gives_is_averaged_over_the_picture() -> None:
    rows = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    maps = rows[:, :, None, None].expand(2, 2, 5, 5)
    assert torch.equal(pool(maps, 2), rows)  # (N, C, H, W)
    assert torch.equal(pool(maps.permute(0, 2, 3, 1), 2), rows)  # (N, H, W, C)
    assert torch.equal(pool(rows[:, None].expand(2, 7, 2), 2), rows)  # tokens
    assert torch.equal(pool([maps, (rows,)], 2), torch.cat([rows, rows], 1))
    assert pool(None, 2) is None
    assert pool(torch.ones(9, 2), 2) is None  # no row for each picture
