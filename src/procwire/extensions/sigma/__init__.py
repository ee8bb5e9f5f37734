"""Sigma rules (sigmahq.io) as rules of ours: what they mean in SQL, or why they cannot run here."""
