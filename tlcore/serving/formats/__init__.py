"""The formats in which a classifier leaves."""

__all__ = ["classifier_folder", "format", "onnx_graph", "registry", "web"]
