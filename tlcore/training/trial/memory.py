"""How many bytes a training takes at its peak, from one step and one look that are watched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from tlcore.training.fit.learner import Learner, Tally
from tlcore.training.inputs.input_source import MOST_MEMORY
from tlcore.training.recipe.recipe import Recipe

LOOK_BATCH = 32  # pictures that the frozen stages look at together
WATCHED = 2
MOMENTS = {"adamw": 2, "sgd": 1}


def learning_bytes(network: nn.Module, recipe: Recipe) -> int:
    """Gradients, what the optimiser remembers, the best weights and their mean, of what learns."""
    learning = sum(one.nbytes for one in network.parameters() if one.requires_grad)
    copies = 2 if recipe.average else 1
    return learning * (1 + MOMENTS[recipe.optimizer] + copies)


def step_bytes(learner: Learner, kept: tuple[Tensor, ...], targets: Tensor) -> int:
    """What one step holds for its way back, and the batch itself. Takes the step."""
    batch = sum(one.nbytes for one in kept)
    if kept[0].device.type == "cuda":
        return batch + _on_the_device(learner, kept, targets)
    with _saved() as sizes, learner.threads():
        learner.step(kept, targets, Tally())
    own = {one.untyped_storage().data_ptr() for one in (*_parameters(learner), *kept)}
    return batch + sum(size for place, size in sizes.items() if place not in own)


def forward_bytes(module: nn.Module, size: tuple[int, int, int]) -> int:
    """The largest input and output of a layer that a batch of pictures (C, H, W) has at one time.

    Without a way back only these are held. Measured on two pictures, told for a whole batch.
    """
    largest = 0

    def look(_: nn.Module, entering: tuple[object, ...], leaving: object) -> None:
        nonlocal largest
        both = [one for one in (*entering, leaving) if isinstance(one, Tensor)]
        largest = max(largest, sum(one.nbytes for one in both))

    leaves = [one for one in module.modules() if not list(one.children())]
    hooks = [one.register_forward_hook(look) for one in leaves]
    device = next((one.device for one in module.parameters()), torch.device("cpu"))
    was_training = module.training
    try:
        module.eval()
        with torch.inference_mode():
            module(torch.zeros(WATCHED, *size, device=device))
    finally:
        for hook in hooks:
            hook.remove()
        module.train(was_training)
    return largest * LOOK_BATCH // WATCHED


def held_bytes(kept: int, *, pooled: bool) -> int:
    """What of so many kept bytes is held in memory; vectors are held at twice their size."""
    return min(2 * kept if pooled else kept, MOST_MEMORY)


@contextmanager
def _saved() -> Iterator[dict[int, int]]:
    """Bytes of what autograd saves inside the block, by place, each place once."""
    sizes: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        yield sizes


def _parameters(learner: Learner) -> Iterator[Tensor]:
    yield from learner.tail.parameters()
    yield from learner.tail.buffers()
    yield from learner.head.parameters()
    yield from learner.head.buffers()


def _on_the_device(learner: Learner, kept: tuple[Tensor, ...], targets: Tensor) -> int:
    """What a GPU had taken at most during a step, beyond what it held before."""
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    learner.step(kept, targets, Tally())
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before
