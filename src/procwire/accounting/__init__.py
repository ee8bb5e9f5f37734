"""What the kernel counted, joined with flows; what its sockets and interfaces say of one another."""
