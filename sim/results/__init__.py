"""What a run leaves on disk: a folder with tables, charts and a manifest, put in place whole."""
