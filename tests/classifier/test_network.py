"""The head measures its features, and label weights give every label the same say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight
from torch import nn

from tlcore import serving
from tlcore.classifier.network import Head, Network, count_parameters, label_weights


def test_measured_features_have_mean_zero_and_variance_one() -> None:
    torch.manual_seed(0)
    features = torch.randn(200, 5) * torch.tensor([1.0, 2, 0.5, 3, 0]) + 7
    head = Head(5, 3)
    head.measure(features)
    shown = (features - head.shift) * head.scale
    assert torch.allclose(shown.mean(0), torch.zeros(5), atol=1e-4)
    assert torch.allclose(shown.std(0)[:4], torch.ones(4), atol=0.01)
    assert float(shown[:, 4].abs().max()) < 1e-3


def test_shift_and_scale_are_saved_but_do_not_learn() -> None:
    head = Head(4, 2, hidden=(3,))
    assert {"shift", "scale"} <= set(head.state_dict())
    assert not {"shift", "scale"} & {name for name, _ in head.named_parameters()}


def test_a_new_head_favours_no_label() -> None:
    logits = Head(6, 4, hidden=(5,))(torch.randn(3, 6))
    assert torch.equal(logits, torch.zeros(3, 4))


def test_a_cosine_head_hears_directions_only() -> None:
    torch.manual_seed(0)
    head = Head(6, 4, kind="cosine")
    features = torch.randn(5, 6)
    assert torch.allclose(head(features), head(7 * features), atol=1e-5)
    assert float(head(features).detach().abs().max()) <= float(head.linear.scale.detach())
    before = head(features)
    with torch.no_grad():
        head.linear.weight.mul_(3)
    assert torch.allclose(head(features), before, atol=1e-5)


def test_a_cosine_head_starts_at_its_labels_means() -> None:
    torch.manual_seed(0)
    targets = torch.arange(60) % 3
    features = torch.randn(60, 8) + 8 * torch.eye(8)[targets]
    head = Head(8, 4, kind="cosine")
    fourth = head.linear.weight[3].clone()
    head.measure(features, targets)
    assert float((head(features).argmax(1) == targets).float().mean()) > 0.95
    assert torch.equal(head.linear.weight[3], fourth)


@pytest.mark.parametrize("hidden", [(), (5,), (5, 7)])
@pytest.mark.parametrize("kind", ["linear", "cosine"])
def test_the_takeaway_has_the_same_head(hidden: tuple[int, ...], kind: str) -> None:
    path = Path(serving.__file__ or "").parent / "formats" / "takeaway" / "predict.py"
    spec = importlib.util.spec_from_file_location("takeaway_predict", path)
    assert spec is not None and spec.loader is not None
    alone = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(alone)
    torch.manual_seed(0)
    ours = Head(6, 4, hidden=hidden, dropout=0.5, kind=kind).eval()
    nn.init.normal_(ours.linear.weight)
    ours.measure(torch.randn(9, 6))
    theirs = alone.Head(6, 4, list(hidden), kind).eval()
    theirs.load_state_dict(ours.state_dict())
    features = torch.randn(3, 6)
    assert torch.allclose(ours(features), theirs(features), atol=1e-6)


def test_three_hidden_layers_are_too_many() -> None:
    with pytest.raises(ValueError, match="3 hidden"):
        Head(6, 4, hidden=(1, 2, 3))


def test_a_network_is_backbone_then_head() -> None:
    backbone = nn.Sequential(nn.Flatten(), nn.Linear(12, 6))
    backbone.requires_grad_(False)
    network = Network(backbone, Head(6, 2))
    assert network(torch.zeros(5, 3, 2, 2)).shape == (5, 2)
    assert count_parameters(network) == (6 * 2 + 2, 12 * 6 + 6)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_label_weights_are_scikit_learns_balanced_ones(targets: list[int]) -> None:
    weights = label_weights(targets, 4)
    present = sorted(set(targets))
    expected = compute_class_weight("balanced", classes=np.array(present), y=targets)
    scale = len(present) / 4  # ours count labels without pictures too; a common factor is no matter
    for label, weight in zip(present, expected, strict=True):
        assert abs(float(weights[label]) - weight * scale) < 1e-4
    assert all(float(weights[label]) == 0 for label in range(4) if label not in present)
