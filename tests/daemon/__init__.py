"""Tests of a watch that goes on."""
