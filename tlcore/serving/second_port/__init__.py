"""Small apps on a second port, for others in the network: a phone as a camera, a shared link."""

__all__ = ["link", "phone"]
