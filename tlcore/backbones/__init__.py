"""Pretrained networks: catalog, weights, stages, cut and kept features."""

__all__ = ["batchnorm", "outline", "preprocessing", "tasks", "weights"]
