"""Between a face and the engine of another process: messages, tables of what is now, and a live feed."""
