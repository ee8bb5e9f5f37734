"""Tests of what processes give up; whatever is given up is given up in a child."""
