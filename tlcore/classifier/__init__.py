"""What a training leaves behind, and anybody loads: network, manifest, classifier."""
