"""What the facts mean and look like: tables, intervals, figures. Never SimPy."""
