"""Tests of what stands between faces and an engine."""
