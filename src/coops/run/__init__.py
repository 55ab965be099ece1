"""A run of a study: the opened study, the runner, the workspace, what is stored."""
