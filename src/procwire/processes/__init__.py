"""Who owns a socket: the process table, socket ownership with a stated confidence, containers.

``Owners.owner(key)`` answers at once, ``Resolver`` on a thread of its own; a kernel source is put in front of
both as an ``Origin``.
"""
