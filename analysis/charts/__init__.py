"""One module a chart: each draws tables on given axes and opens no file."""
