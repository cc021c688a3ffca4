"""Every setting of a training: recipe, phases, presets, advice on them. No torch here."""

__all__ = [
    "advice",
    "batchnorm_mode",
    "lanes",
    "numbers",
    "phases",
    "presets",
    "race",
    "recipe",
    "strategies",
]
