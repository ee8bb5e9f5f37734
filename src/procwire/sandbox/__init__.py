"""What a process gives up for good before it reads what strangers wrote: files, network, signals, rights."""
