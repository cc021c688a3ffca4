"""What computes: device, precision, folded networks, ONNX Runtime."""
