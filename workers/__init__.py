"""RQ: the worker process, its jobs and its schedule."""
