"""Every setting of a training: recipe, phases, presets, advice on them. No torch here."""
