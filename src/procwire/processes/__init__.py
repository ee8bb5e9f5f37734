"""Who owns a socket: the process table, socket ownership with a stated confidence, containers."""
