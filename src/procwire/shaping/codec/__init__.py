"""Traffic control as the kernel reads and writes it (Linux 6.18): typed objects to bytes and back."""
