"""Tests of the warden: what it answers, what it refuses, and what happens when one of the two dies."""
