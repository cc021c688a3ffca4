"""The draft of the next run, which several pages shape."""

__all__ = [
    "backbones",
    "draft",
    "draft_widget",
    "measurements",
    "network_words",
    "readiness",
    "start",
    "trial",
]
