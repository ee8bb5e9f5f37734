"""Files that people write, as plain values that know their lines: TOML and JSON5."""
