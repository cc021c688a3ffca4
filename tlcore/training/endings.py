"""What a person reads about a training whose process ended by force. No torch here."""

from __future__ import annotations

from tlcore.jobs.endings import Endings
from tlcore.jobs.events import Event


def keeps_an_epoch(event: Event) -> bool:
    """Whether an event says that an epoch is complete: its weights are kept from then on."""
    return event.kind == "epoch" or (event.kind == "resumed" and bool(event.data.get("epochs")))


TRAINING_ENDINGS = Endings(
    keeps=keeps_an_epoch,
    kept="The best of its complete epochs is kept. You can train again, or go on where it stood.",
    nothing_kept="It had not completed an epoch, so nothing is kept. You can train again.",
    lighter="A smaller batch size or a smaller model needs less memory.",
    again="It has been started again: try once more, with fewer pictures or a smaller model.",
)
