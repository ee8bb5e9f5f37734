"""A network of one's own for a command: namespaces, tunnels, and the emulated path between them."""
