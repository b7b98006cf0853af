"""Settings, and the resources that are built from them."""
