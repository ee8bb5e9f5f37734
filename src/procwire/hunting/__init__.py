"""Rules with windows: queries over what was stored, asked of new rows only, where nothing waits for them."""
