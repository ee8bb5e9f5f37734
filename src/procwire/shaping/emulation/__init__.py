"""A bad network in user space: packets, one direction, a clock that is handed in. Pure.

Where the kernel has no netem this is what `procwire shape run` uses; where it has, it says what netem should
do.
"""
