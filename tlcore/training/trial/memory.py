"""Bytes that a training takes at its peak, from one step and one forward pass that are watched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from tlcore.training.fit.learner import Learner
from tlcore.training.fit.objective import Batch, Tally
from tlcore.training.inputs.input_source import MOST_MEMORY
from tlcore.training.recipe.recipe import Recipe

FORWARD_BATCH = 32  # pictures that the frozen stages compute together
WATCHED = 2  # pictures of the forward pass that is watched
MOMENTS = {"adamw": 2, "sgd": 1}  # tensors that an optimiser keeps per parameter


def learning_bytes(network: nn.Module, recipe: Recipe) -> int:
    """Bytes of gradients, the optimiser's moments, the best weights and their mean."""
    learning = sum(p.nbytes for p in network.parameters() if p.requires_grad)
    copies = 2 if recipe.average else 1
    return learning * (1 + MOMENTS[recipe.optimizer] + copies)


def step_bytes(learner: Learner, batch: Batch) -> int:
    """Bytes that one step holds for its backward pass, and of the batch itself. Takes the step."""
    own = sum(tensor.nbytes for tensor in batch.kept)
    if batch.kept[0].device.type == "cuda":
        return own + _on_the_device(learner, batch)
    with _saved() as sizes, learner.threads():
        learner.step(batch, Tally())
    tensors = (*_parameters(learner), *batch.kept)
    known = {tensor.untyped_storage().data_ptr() for tensor in tensors}
    return own + sum(size for address, size in sizes.items() if address not in known)


def forward_bytes(module: nn.Module, size: tuple[int, int, int]) -> int:
    """Bytes of the largest input and output of a layer, for a batch of pictures (C, H, W).

    A forward pass without a backward one holds no more. Measured on two pictures and scaled.
    """
    largest = 0

    def watch(_: nn.Module, inputs: tuple[object, ...], output: object) -> None:
        nonlocal largest
        tensors = [value for value in (*inputs, output) if isinstance(value, Tensor)]
        largest = max(largest, sum(tensor.nbytes for tensor in tensors))

    leaves = [layer for layer in module.modules() if not list(layer.children())]
    hooks = [layer.register_forward_hook(watch) for layer in leaves]
    device = next((p.device for p in module.parameters()), torch.device("cpu"))
    was_training = module.training
    try:
        module.eval()
        with torch.inference_mode():
            module(torch.zeros(WATCHED, *size, device=device))
    finally:
        for hook in hooks:
            hook.remove()
        module.train(was_training)
    return largest * FORWARD_BATCH // WATCHED


def held_bytes(kept: int, *, pooled: bool) -> int:
    """Bytes in memory of `kept` bytes of features; vectors are held in float32, twice as large."""
    return min(2 * kept if pooled else kept, MOST_MEMORY)


@contextmanager
def _saved() -> Iterator[dict[int, int]]:
    """Bytes of what autograd saves inside the block, by address, each address once."""
    sizes: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        yield sizes


def _parameters(learner: Learner) -> Iterator[Tensor]:
    """All that the learner holds between steps."""
    yield from learner.tail.parameters()
    yield from learner.tail.buffers()
    yield from learner.head.parameters()
    yield from learner.head.buffers()


def _on_the_device(learner: Learner, batch: Batch) -> int:
    """Bytes that a GPU held at most during a step, beyond what it held before."""
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    learner.step(batch, Tally())
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before
