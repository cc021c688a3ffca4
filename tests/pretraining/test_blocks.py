"""Learning block by block: what is compared, what is forced, and that it comes near the teacher."""

import pytest
import timm
import torch
from torch import Tensor, nn

from pretraining.blocks import BlockStudent, LateSteps
from pretraining.live_teacher import LiveTeacher, blocks_of

SIZE = 48


def network(name: str, seed: int, classes: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    made: nn.Module = timm.create_model(name, num_classes=classes)
    return made


@pytest.fixture(scope="module")
def pictures() -> Tensor:
    torch.manual_seed(0)
    return torch.randn(8, 3, SIZE, SIZE).to(memory_format=torch.channels_last)


def pair(pictures: Tensor, ours: str, theirs: str, force: float = 0.5) -> BlockStudent:
    teacher = LiveTeacher(network(theirs, 1, classes=7), "cpu")
    return BlockStudent(network(ours, 2), teacher, pictures, force)


def test_the_traced_teacher_says_what_the_network_says(pictures: Tensor) -> None:
    whole = network("test_efficientnet", 1, classes=7).eval()

    *maps, last, pooled, logits = LiveTeacher(whole, "cpu")(pictures)

    assert len(maps) == len(blocks_of(whole))
    torch.testing.assert_close(logits, whole(pictures), atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(last.mean((2, 3)), pooled, atol=1e-4, rtol=1e-3)


def test_networks_of_one_shape_are_compared_block_by_block(pictures: Tensor) -> None:
    student = pair(pictures, "test_efficientnet", "test_efficientnet")

    assert student.twin
    assert [path for _, path in student.pairs] == blocks_of(student.backbone)


def test_another_architecture_is_compared_where_the_maps_are_of_one_size(pictures: Tensor) -> None:
    student = pair(pictures, "test_resnet", "test_efficientnet")

    assert not student.twin and len(student.pairs) >= 2
    total, parts = student.loss(pictures, 0.0, 0.3, 2.0)
    total.backward()  # type: ignore[no-untyped-call]
    assert parts.keys() == {"blocks", "last", "features", "soft"}
    assert all(p.grad is not None for p in student.parameters())


def test_a_student_with_the_teachers_weights_has_nothing_to_learn(pictures: Tensor) -> None:
    student = pair(pictures, "test_efficientnet", "test_efficientnet")
    weights = student.teacher[0].outputs.network.state_dict()
    student.backbone.load_state_dict({k: v for k, v in weights.items() if "classifier" not in k})

    _, parts = student.eval().loss(pictures, 1.0, 0.3, 2.0)

    assert max(parts.values()) < 1e-5
    assert student.explained(pictures) == pytest.approx(1, abs=1e-4)


def test_a_forced_block_hears_the_teacher_and_teaches_nobody_below(pictures: Tensor) -> None:
    student = pair(pictures, "test_efficientnet", "test_efficientnet")
    stem = next(student.backbone.parameters())
    blocks = student.backbone.get_submodule(student.pairs[0][1])

    def gradients(share: float) -> tuple[float, float]:
        student.zero_grad()
        last = student.teacher[0](pictures)[-3]
        errors: list[Tensor] = []
        probability = max(0.0, 1 - share / student.force_until)
        with student._compared(student.teacher[0](pictures), errors, probability):
            map_ = student.backbone.forward_features(pictures)  # type: ignore[operator]
        (map_ - last).square().mean().backward()
        got = [p.grad for p in blocks.parameters()]
        return (
            0.0 if stem.grad is None else float(stem.grad.abs().sum()),
            sum(float(g.abs().sum()) for g in got if g is not None),
        )

    assert gradients(0.0) == (0.0, 0.0)  # every map was replaced: the end says nothing to the start
    assert min(gradients(0.5)) > 0  # forcing is over


def test_a_late_step_teaches_late_blocks_alone(pictures: Tensor) -> None:
    teacher = LiveTeacher(network("test_efficientnet", 1, classes=7), "cpu")
    backbone = network("test_efficientnet", 2)
    late = LateSteps(blocks_of(backbone)[2], share=1.0)
    student = BlockStudent(backbone, teacher, pictures, 0.5, late)

    student.loss(pictures, 1.0, 0.3, 2.0)[0].backward()  # type: ignore[no-untyped-call]

    taught = {name.split(".")[1] for name, p in student.named_parameters() if p.grad is not None}
    early = backbone.get_submodule(student.pairs[1][1]).parameters()
    later = backbone.get_submodule(student.pairs[2][1]).parameters()
    assert all(p.grad is None for p in early) and all(p.grad is not None for p in later)
    assert "conv_head" in taught and "conv_stem" not in taught


def test_the_student_comes_nearer_to_its_teacher(pictures: Tensor) -> None:
    student = pair(pictures, "test_efficientnet", "test_efficientnet").train()
    optimiser = torch.optim.AdamW(student.parameters(), 5e-3)
    torch.manual_seed(3)

    losses = []
    for step in range(40):
        total, _ = student.loss(pictures, step / 40, 0.3, 2.0)
        optimiser.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(float(total.detach()))

    assert losses[-1] < 0.5 * losses[0]


def test_the_teacher_is_no_part_of_the_student(pictures: Tensor) -> None:
    student = pair(pictures, "test_efficientnet", "test_efficientnet")
    before = {k: v.clone() for k, v in student.teacher[0].outputs.state_dict().items()}

    student.loss(pictures, 0.0, 0.3, 2.0)[0].backward()  # type: ignore[no-untyped-call]

    assert not [name for name in student.state_dict() if "teacher" in name]
    after = student.teacher[0].outputs.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
