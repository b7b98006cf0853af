"""What titles and people are called, in any script and spelling."""
