"""The flight recorder, incidents, their bundles, and files that are written as traffic passes."""
