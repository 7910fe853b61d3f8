"""georep: a simulator of geo-replication and disasters that runs the real replication code."""
