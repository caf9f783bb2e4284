"""Does one job on one machine. The only room that runs user code."""
