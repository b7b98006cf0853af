"""The pages that people see; every one of them is complete without JavaScript."""
