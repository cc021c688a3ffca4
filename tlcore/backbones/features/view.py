"""The name under which features of unchanged pictures are kept. It needs no torch."""

PLAIN_VIEW = "plain"  # `FeatureKey.view` of a picture as it is, among the views of a training
