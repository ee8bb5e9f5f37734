"""Egress: who may talk to where, learned from what was seen, written in a file, held against what is seen."""
