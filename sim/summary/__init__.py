"""Ledger to metrics, with numpy only."""
