"""Carrying runs out: one here, or many on all cores."""
