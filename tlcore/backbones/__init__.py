"""Pretrained networks: catalog, weights, stages, cut and kept features."""
