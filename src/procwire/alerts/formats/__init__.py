"""An alert as bytes, one module a format: pure functions, each with the escaping that its format asks for."""
