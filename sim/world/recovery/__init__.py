"""Disasters and what people do about them: failover, resync, failback, swap (FIG 21-23, 28-33; L1744-2255)."""
