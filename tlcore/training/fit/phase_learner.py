"""Makes what learns in one phase of a training: freezes stages, and gives the others rates."""

from __future__ import annotations

from collections.abc import Callable

from tlcore.backbones.cut.cut import Cut
from tlcore.backbones.cut.stages import freeze
from tlcore.training.fit.learner import Learner
from tlcore.training.fit.objective import Objective
from tlcore.training.fit.optim import ParameterGroup
from tlcore.training.inputs.assembly import Assembly
from tlcore.training.inputs.precisions import Precisions
from tlcore.training.recipe.phases import Phase


def phase_learner(
    assembly: Assembly,
    phase: Phase,
    cut: Cut,
    objective: Objective,
    precisions: Precisions,
    *,
    steps: int,
    first_step: int = 0,
    share: Callable[[int], float] | None = None,
) -> Learner:
    """What learns above this cut in this phase, for so many steps.

    Freezes the backbone as the phase says, until another learner is made. `first_step` is how many
    steps the training has behind it; `share` replaces the schedule. A head alone is computed in
    float32, stages in the precision that was measured to be fastest.
    """
    freeze(assembly.backbone.module, phase.learning)
    return Learner(
        cut.tail,
        assembly.network.head,
        objective,
        assembly.recipe,
        _groups(assembly, phase),
        steps=steps,
        precision="float32" if assembly.pooled(cut) else precisions.training(phase),
        moving=assembly.statistics.moving,
        first_step=first_step,
        share=share,
    )


def _groups(assembly: Assembly, phase: Phase) -> list[ParameterGroup]:
    """The head and each learning stage, with its rate in this phase."""
    known = dict(assembly.network.named_parameters())
    head = [(name, value) for name, value in known.items() if name.startswith("head.")]
    groups = [ParameterGroup.of("head", phase.head_rate, head)]
    # What timm says should not decay: the embeddings of positions and classes, say.
    exempt = getattr(assembly.backbone.module, "no_weight_decay", set)
    spared = [f"backbone.{name}" for name in exempt()]
    for stage, rate in zip(assembly.stages, phase.stage_rates, strict=True):
        names = [f"backbone.{name}" for name in stage.parameter_names]
        if rate:
            own = [(name, known[name]) for name in names]
            groups.append(ParameterGroup.of(stage.name, rate, own, spared))
    return groups
