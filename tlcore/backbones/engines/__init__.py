"""What computes: device, precision, folded networks, ONNX Runtime."""

__all__ = ["device", "precision"]
