"""What the tests stand on: kernels, a client for them, a server, a browser."""
